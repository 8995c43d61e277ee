// Gradio's events of the Generate view.
import { languageOf } from "../../web/page.js";
import { refuse } from "../../web/run/screens.js";
import { faultsIn, linkTo, scriptOf, settingsIn } from "./link.js";

const UNCHANGED = { __type__: "update" };

// The page was opened: the settings in its address. What the controls can't have is told, and they
// stay as they are.
export function opened(firstModel, screen, bounds, ...controls) {
  const faults = faultsIn(location, bounds, firstModel, languageOf(navigator.language)),
    settings = settingsIn(location, controls, firstModel);
  refuse(screen, [...faults.values()]);
  return settings.map((value, i) => (faults.has(i) ? controls[i] : value));
}

// The controls → the script and the link. While a number is being typed its box may be empty, and
// both stay as they are.
export function described(bundled, ...controls) {
  if (controls.includes(null)) return [UNCHANGED, UNCHANGED];
  return [scriptOf(controls, bundled), linkTo(location, controls)];
}

// A link with a seed runs at once, if it leads to this view and all that it asks for can be had.
export function runLink(firstModel, bounds) {
  const asked = new URLSearchParams(location.search);
  if (faultsIn(location, bounds, firstModel, "en").size) return;
  const here = (asked.get("tab") ?? "generate") === "generate";
  if (here && asked.has("seed")) document.querySelector("#generate").click();
}

// The reader chose another sampler: to be fast is to take its steps, and to leave it to leave them.
// paces: [steps, spacing], as they are when the page opens, and of the fast one; now: what is set.
export function paced({ first, fast }, sampler, ...now) {
  if (sampler === "fast") return fast;
  return `${now}` === `${fast}` ? first : now;
}
