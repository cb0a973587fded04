// The focus goes where the eye goes: into a place of the editor that somebody opens and back to its name when it closes, and after a
// step to what its address names. What was refused takes it by itself, and so does what was done.
(() => {
  const inputs = "input:not([type='hidden']), select, textarea";
  const shown = (all) => [...all].find((one) => one.tabIndex >= 0 && one.getClientRects().length > 0);
  const first = (within) => shown(within.querySelectorAll(inputs)) ?? shown(within.querySelectorAll("button, a[href]"));
  const name = (place) => place.querySelector("summary");
  let opening = null;
  document.addEventListener("click", (event) => { opening = event.target.closest?.("details.place > summary")?.parentNode ?? null; });
  document.addEventListener("toggle", (event) => {
    if (event.target !== opening) return;
    opening = null;
    if (event.target.open) first(event.target)?.focus();
  }, true);
  document.addEventListener("keydown", (event) => {
    const place = event.key === "Escape" ? event.target.closest?.("details.place[open]") : null;
    if (!place) return;
    place.open = false;
    name(place).focus();
  });
  // What is sent leads to a page of its own, and not to what the address named before.
  document.addEventListener("submit", () => {
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  }, true);
  // What the address names has the focus as the page comes; an open place and a box hand it on, once.
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named?.matches("h2")) named.tabIndex = -1;
  const within = named?.matches("fieldset") ? named : named?.closest("details.place[open] > summary")?.parentNode;
  if (!within) return;
  const hand = () => {
    if (document.activeElement !== named) return;
    document.removeEventListener("focusin", hand);
    // Behind what the browser does with the address.
    setTimeout(() => first(within)?.focus());
  };
  document.addEventListener("focusin", hand);
  addEventListener("load", hand);
})();
