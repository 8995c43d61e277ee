// Gradio's event of another model: what fits it, as Python wrote it out for each model.
import { UNCHANGED } from "../web/answers.js";
import { languageOf } from "../web/page.js";

// fitting: language → model → the updates of steps, class and guidance; refusals: language → one
// sentence; first: the model that stands in for one that is not here.
export function chosen({ fitting, refusals, first }, model, classLabel, guidance) {
  const language = languageOf(navigator.language),
    known = fitting[language][model];
  const banner = known
    ? model === first // to put it in comes here again; the banner stays then
      ? UNCHANGED
      : { visible: false, __type__: "update" }
    : { value: refusals[language], visible: true, __type__: "update" };
  const [steps, classes, scale] = known ?? fitting[language][first];
  const isKnown = classes.choices.some(([, value]) => value === classLabel);
  return [
    known ? model : first,
    steps,
    isKnown ? { ...classes, value: classLabel } : classes,
    scale.visible ? { ...scale, value: guidance } : scale,
    banner,
  ];
}
