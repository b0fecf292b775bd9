// <button data-confirm="Question?"> asks before it sends; <a data-dialog="id"> opens that dialog instead of its page.

const asked = document.getElementById("confirm");

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
  if (event.target.matches("dialog.dialog")) event.target.close("no");
});

// Capture: the question comes before anything else that listens for the form.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.confirm || button.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const yes = asked.querySelector("[data-confirm-yes]");
  asked.querySelector("h2").textContent = button.dataset.confirm;
  yes.textContent = button.dataset.confirmLabel || yes.textContent;
  yes.className = button.classList.contains("btn-danger") ? "btn btn-danger" : "btn btn-primary";
  asked.returnValue = "no";
  asked.addEventListener("close", () => {
    if (asked.returnValue !== "yes") return;
    button.dataset.confirmed = "yes";
    button.form.requestSubmit(button);
    delete button.dataset.confirmed;
  }, { once: true });
  asked.showModal();
}, { capture: true });
