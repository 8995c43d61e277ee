// Opens a view, and a place of it.
import { state as derivation } from "../bayes/state.js";

const FRAMES_TO_WAIT = 600;

// Scrolls to an element, as soon as its view is there, and marks it for a moment.
function showPlace(selector, frames = 0) {
  const node = document.querySelector(selector);
  if (!node?.getClientRects().length) {
    if (frames < FRAMES_TO_WAIT) requestAnimationFrame(() => showPlace(selector, frames + 1));
    return;
  }
  const { height } = node.getBoundingClientRect();
  node.scrollIntoView({ block: height < innerHeight ? "center" : "start" });
  const outline = (colour) => ({ outline: `3px solid ${colour}`, outlineOffset: "4px" });
  node.animate([outline("var(--color-accent)"), outline("transparent")], 3000);
}

export const openView = (name) => window.dispatchEvent(new CustomEvent("open-view", { detail: name }));

// name: of a place, which begins with its view. A line of the derivation is there after its turn.
export function openPlace(name, selector) {
  const [view, place] = name.split("/"),
    [, line] = place.match(/^line-(\d+)$/) ?? [];
  openView(view);
  if (line) derivation.set({ line: Number(line), reading: null });
  showPlace(selector);
}
