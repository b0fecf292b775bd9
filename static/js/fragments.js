// htmx asked for a part of a page and got a whole one: the session has ended, or something failed. A whole page is
// never put inside another: go to it, or, when it is an error, say that nothing was changed.

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.select || !/<html[\s>]/i.test(ctx.text ?? "")) return;
  event.preventDefault();
  if (ctx.response.raw.ok) {
    window.location.assign(ctx.response.raw.url);
  } else {
    fail();
  }
});

document.addEventListener("htmx:error", fail);

document.addEventListener("htmx:after:swap", () => {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  announcer.className = "visually-hidden";
});

function fail() {
  const announcer = document.getElementById("announcer");
  announcer.textContent = announcer.dataset.failed;
  announcer.className = "flash flash-error announcer-shown";
}
