// "/" opens search, unless one is writing.

const writing = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
  const search = document.querySelector("[data-shortcut-search]");
  if (!search || search.offsetParent === null) return;
  event.preventDefault();
  search.focus();
  search.select();
});
