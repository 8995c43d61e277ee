// A box for a number that was left empty has again what it had, wherever it stands in the page.
const isBox = (node) => node instanceof HTMLInputElement && node.type === "number";

export function refillEmptied() {
  let before = "";
  // Before the box itself hears of it: Gradio's would take the least number.
  const early = { capture: true };
  document.addEventListener("focus", ({ target }) => isBox(target) && (before = target.value), early);
  document.addEventListener(
    "blur",
    ({ target }) => {
      if (!isBox(target) || target.value !== "") return;
      target.value = before;
      target.dispatchEvent(new Event("input", { bubbles: true }));
    },
    early,
  );
}
