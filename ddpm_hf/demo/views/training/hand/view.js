// Algorithms 1 and 2 by hand, with the engine's network.
import { answerAt } from "../../../web/answers.js";
import { viewOf } from "../../../web/page.js";
import { fitted } from "../../../web/picture/fit.js";
import { unitOf } from "../../../web/picture/unit.js";
import { decoded } from "../../../web/picture/view.js";
import { modelNamed } from "../../../web/run/models.js";
import { SamplingByHand } from "./sampling.js";
import { TrainingByHand } from "./training.js";

// A cat at an address → x_0 in [−1, 1], channels first.
async function x0Of(url) {
  const image = await decoded(await (await fetch(url)).blob());
  return unitOf(fitted(image, image.width));
}

function buttonOf(url, label, take) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.append(Object.assign(new Image(), { src: url, alt: "" }));
  button.addEventListener("click", take);
  return button;
}

export async function mount({ element, props }) {
  const view = viewOf(element, props.strings),
    { part, say, text } = view;
  const refuse = () => {
    part("refusal").hidden = false;
    part("refusal").textContent = text.refusal;
  };
  try {
    const [model, weights, ...cats] = await Promise.all([
      modelNamed(props.model, [props.model]),
      answerAt(`schedules/${props.schedule}/weights.json`),
      ...props.cats.map(x0Of),
    ]);
    if (weights.refusal !== undefined) throw new Error(weights.refusal);
    const train = new TrainingByHand(view, { model, cats, weights, refuse });
    part("cats").append(
      ...props.cats.map((url, n) => buttonOf(url, say("cat", { n: n + 1 }), () => train.take(n))),
    );
    new SamplingByHand(view, { model, choices: props.choices, refuse });
  } catch {
    refuse();
  } finally {
    part("loading").hidden = true;
  }
}
