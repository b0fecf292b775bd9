// Finding a node of a tree by what its row says. Matching rows stay, with the way down to them.

function filter(box) {
  const tree = document.getElementById(box.dataset.treeFilter);
  const count = box.parentElement.querySelector("[data-tree-count]");
  const wanted = box.value.trim().toLocaleLowerCase();
  const nodes = [...tree.querySelectorAll("li")];
  if (!wanted) {
    for (const node of nodes) node.hidden = false;
    count.textContent = "";
    return;
  }
  const matching = nodes.filter((node) => node.querySelector(":scope > .tree-line").textContent.toLocaleLowerCase().includes(wanted));
  const shown = new Set();
  for (const match of matching) {
    for (let node = match; node && tree.contains(node); node = node.parentElement.closest("li")) shown.add(node);
  }
  for (const node of nodes) {
    node.hidden = !shown.has(node);
    const below = node.querySelector(":scope > details");
    if (below && shown.has(node)) below.open = [...below.querySelectorAll("li")].some((child) => shown.has(child));
  }
  count.textContent = matching.length ? "" : count.dataset.none;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-tree-filter]")) filter(event.target);
});
