// What makes forms kinder: focus on what is wrong, a password one can look at, no file that is too large,
// no accidental second sending, a question before unsaved work is left.

document.querySelector("[data-error-summary]")?.focus();

// A page that answers a sent form, mostly to say what is wrong, stands in the history as if it had been asked for: here, or
// where the form was. Otherwise whoever comes back to it is asked whether to send the form again.
const asked = { here: location.href, elsewhere: document.referrer }[document.body.dataset.sent];
if (asked?.startsWith(`${location.origin}/`)) history.replaceState(history.state, "", asked);

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

// A file that would be refused is refused beside its field, before it is sent and all that was typed with it lost.
function tooLarge(input) {
  const told = `${input.id}-too-large`;
  document.getElementById(told)?.remove();
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== told);
  const size = input.files[0]?.size ?? 0;
  const refused = size > Number(input.dataset.mostBytes);
  if (refused) {
    const error = input.parentElement.querySelector("template").content.cloneNode(true);
    const megabytes = Math.ceil((size / 1024 / 1024) * 10) / 10;
    error.querySelector("span > span:empty").textContent = megabytes.toLocaleString(document.documentElement.lang);
    input.before(error);
    others.push(told);
  }
  input.classList.toggle("is-invalid", refused);
  input.setAttribute("aria-invalid", String(refused));
  input.setAttribute("aria-describedby", others.join(" "));
  return refused;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-most-bytes]")) tooLarge(event.target);
});

const sending = new WeakSet();
const unsaved = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const refused = [...form.querySelectorAll("[data-most-bytes]")].find(tooLarge);
  if (refused) {
    event.preventDefault();
    refused.focus();
    return;
  }
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
