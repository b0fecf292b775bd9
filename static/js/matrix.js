// Arrow keys move between the linked cells of a training matrix, as in a spreadsheet; Home and End go to the row's ends.
// Tab still goes through the links one by one.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const link = (row, column) => row?.cells[column]?.querySelector("a");

function neighbour(cell, [down, right]) {
  const rows = cell.closest("table").tBodies[0].rows;
  let row = cell.parentElement.sectionRowIndex + down;
  let column = cell.cellIndex + right;
  while (rows[row]?.cells[column]) {
    const found = link(rows[row], column);
    if (found) return found;
    row += down;
    column += right;
  }
  return null;
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.(".matrix > tbody a")?.closest("td, th");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const links = [...cell.parentElement.querySelectorAll("a")];
  const found = event.key in STEPS ? neighbour(cell, STEPS[event.key])
    : event.key === "Home" ? links.at(0)
    : event.key === "End" ? links.at(-1)
    : null;
  if (!found) return;
  event.preventDefault();
  found.focus();
  found.scrollIntoView({ block: "nearest", inline: "nearest" });
});
