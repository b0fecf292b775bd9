// What makes forms kinder: focus on what is wrong, a password one can look at, no accidental second sending,
// a question before unsaved work is left.

document.querySelector("[data-error-summary]")?.focus();

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-password] button");
  if (toggle) {
    const shown = toggle.getAttribute("aria-pressed") === "true";
    toggle.setAttribute("aria-pressed", String(!shown));
    toggle.parentElement.querySelector("input").type = shown ? "password" : "text";
    const drawing = toggle.querySelector("use");
    drawing.setAttribute("href", drawing.getAttribute("href").replace(/#.*/, shown ? "#eye" : "#eye-off"));
  }
  if (event.target.closest("[data-print]")) window.print();
});

const sending = new WeakSet();
const unsaved = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sending.has(form)) {
    event.preventDefault();
    return;
  }
  sending.add(form);
  unsaved.delete(form);
  event.submitter?.setAttribute("aria-busy", "true");
});

// A page taken out of the browser's memory ("back") can be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) sending.delete(form);
  for (const button of document.querySelectorAll('.btn[aria-busy="true"]')) button.removeAttribute("aria-busy");
});

document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("form");
  if (!form) return;
  sending.delete(form);
  for (const button of form.querySelectorAll('[aria-busy="true"]')) button.removeAttribute("aria-busy");
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-warn-unsaved]");
  if (form) unsaved.add(form);
});

window.addEventListener("beforeunload", (event) => {
  if ([...unsaved].some((form) => form.isConnected)) event.preventDefault();
});
