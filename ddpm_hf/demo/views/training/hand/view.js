// Algorithms 1 and 2 by hand, with the engine's network.
import { answerAt } from "../../../web/answers.js";
import { viewOf } from "../../../web/page.js";
import { modelNamed } from "../../../web/run/models.js";
import { SamplingByHand } from "./sampling.js";
import { TrainingByHand } from "./training.js";

// A picture of a data URL → x_0 in [−1, 1], channels first.
async function x0Of(url) {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob()),
    { width, height } = bitmap,
    area = width * height;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return Float32Array.from(
    { length: 3 * area },
    (_, k) => data[4 * (k % area) + Math.floor(k / area)] / 127.5 - 1,
  );
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
  }
}
