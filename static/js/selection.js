// Choosing rows for an act on many: "all" and the number chosen, within <form data-bulk>.

function count(form) {
  const boxes = [...form.querySelectorAll("[data-bulk-item]")];
  const chosen = boxes.filter((box) => box.checked).length;
  for (const place of form.querySelectorAll("[data-bulk-count]")) place.textContent = String(chosen);
  const all = form.querySelector("[data-bulk-all]");
  if (!all) return;
  all.checked = chosen > 0 && chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-bulk-all]")) {
    for (const box of form.querySelectorAll("[data-bulk-item]")) box.checked = event.target.checked;
  }
  count(form);
});

document.querySelectorAll("form[data-bulk]").forEach(count);
document.addEventListener("htmx:after:swap", () => document.querySelectorAll("form[data-bulk]").forEach(count));
