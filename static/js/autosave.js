// <form data-autosave="URL">: posts the form a moment after the last change and says so in [data-autosave-status],
// whose data-saving, data-saved and data-failed are the words. The form's own button works without this.

const DELAY = 800; // milliseconds after the last change

const timers = new WeakMap();

function say(form, state) {
  const status = form.querySelector("[data-autosave-status]");
  if (!status) return;
  status.dataset.state = state;
  status.textContent = status.dataset[state] ?? "";
}

async function save(form) {
  say(form, "saving");
  try {
    const answer = await fetch(form.dataset.autosave, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "autosave" },
    });
    // Being sent elsewhere means that the session has ended: nothing was saved.
    say(form, answer.ok && !answer.redirected ? "saved" : "failed");
  } catch {
    say(form, "failed");
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-autosave]");
  if (!form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(save, DELAY, form));
});

document.addEventListener("submit", (event) => clearTimeout(timers.get(event.target)));
