// On a page of priorities a row is dragged onto a place of its slot: the form of its button "to place" is sent, as by hand.
(() => {
  const row = (event) => event.target.closest?.("tr");
  const form = (of) => of?.querySelector("form[id^='move:']");
  let moved = null;
  const isPlace = (event) => moved && row(event) !== moved && row(event)?.parentNode === moved.parentNode;
  for (const one of document.querySelectorAll("form[id^='move:']")) one.closest("tr").draggable = true;
  document.addEventListener("dragstart", (event) => { moved = form(row(event)) ? row(event) : null; });
  document.addEventListener("dragover", (event) => { if (isPlace(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!isPlace(event)) return;
    event.preventDefault();
    form(moved).elements.place.value = row(event).cells[0].textContent;
    form(moved).requestSubmit();
  });
})();
