// The theme changes at once; the server is told and remembers. Without JavaScript the form does both.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const chosen = event.submitter.value;
  document.documentElement.dataset.bsTheme = chosen;
  document.querySelector('meta[name="color-scheme"]').content = chosen === "auto" ? "light dark" : chosen;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === event.submitter));
  document.dispatchEvent(new CustomEvent("theme-changed"));
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual" });
    if (answer.status >= 400) throw new Error(`${answer.status}`);
  } catch {
    const announcer = document.getElementById("announcer");
    announcer.textContent = announcer.dataset.failed;
  }
}, { capture: true });
