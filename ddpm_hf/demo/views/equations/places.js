// Opens a view, and a place of it.
import { state as derivation } from "../bayes/state.js";

const FRAMES_TO_WAIT = 600,
  MS_TO_GROW = 1500;

function bringIntoView(node) {
  const { height } = node.getBoundingClientRect();
  node.scrollIntoView({ block: height < innerHeight ? "center" : "start" });
}

// Scrolls to an element, as soon as its view is there, and marks it for a moment. A view that is
// opened first grows while its pictures arrive: until then the element is followed.
function showPlace(selector, frames = 0) {
  const node = document.querySelector(selector);
  if (!node?.getClientRects().length) {
    if (frames < FRAMES_TO_WAIT) requestAnimationFrame(() => showPlace(selector, frames + 1));
    return;
  }
  const growth = new ResizeObserver(() => bringIntoView(node));
  growth.observe(document.body);
  setTimeout(() => growth.disconnect(), MS_TO_GROW);
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
