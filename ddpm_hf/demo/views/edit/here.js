// An edit in this page: the chunks of frames as view.py sends them from the server.
import { bytesOf } from "../../web/binary.js";
import { imageSeed, interpolate, normal, qSample, toPixels } from "../../web/engine/ddpm.js";
import { unitOf } from "../../web/picture/unit.js";
import { chunkOf } from "../../web/row/frames.js";
import { check } from "../../web/run/bounds.js";
import { modelNamed, wayBack } from "../../web/run/models.js";

const captionsOf = (weights) =>
  weights.map((weight) => ({ key: "between", weight: weight.toFixed(2) }));

function drawnFrom({ here, picture, form }) {
  const drawn = Array.from({ length: here.drawn }, (_, n) => n);
  return {
    settings: {
      seed: drawn.map((n) => imageSeed(form.seed, here.firstChain + n)),
      image: unitOf(picture),
    },
    before: [picture],
    captions: [{ key: "given" }, ...drawn.map((n) => ({ key: "drawn", n: n + 1 }))],
  };
}

const lengthOf = ({ here, form }) => here.jumpLengths[form.fast ? "fast" : "ddpm"];

function repainted(asked) {
  const { form } = asked,
    run = drawnFrom(asked),
    jumps = { jump_length: lengthOf(asked), jump_n_sample: form.times };
  Object.assign(run.settings, { mask: Float32Array.from(bytesOf(form.mask)), ...jumps });
  return run;
}

// The two pictures share their noise, and all that are drawn share the noise of the way.
function betweenPictures({ here, picture, other, form, plan }) {
  const seed = imageSeed(form.seed, here.firstChain),
    z = normal(seed, picture.length),
    [x, y] = [picture, other].map((pixels) =>
      unitOf(pixels).map((x_0, i) => qSample(plan.rates[0], x_0, z[i])),
    ),
    latents = new Float32Array(here.weights.length * x.length);
  here.weights.forEach((weight, n) =>
    latents.set(x.map((value, i) => interpolate(weight, value, y[i])), n * x.length),
  );
  return {
    settings: { seed: here.weights.map(() => seed), latents },
    before: [picture],
    after: [other],
    captions: [{ key: "first" }, ...captionsOf(here.weights), { key: "second" }],
  };
}

const betweenSeeds = ({ here, form }) => ({
  settings: { seed: { between: [form.seed, form.other], weights: here.weights } },
  captions: captionsOf(here.weights),
});

const RUNS = {
  start: drawnFrom,
  repaint: repainted,
  pictures: betweenPictures,
  seeds: betweenSeeds,
};

// controls: picture, another one, and what the form has. here: as view.py has it.
export async function* chunks(here, language, [picture, other, form], signal) {
  const names = Object.keys(here.bounds);
  check(names.map((name) => here.bounds[name]), names.map((name) => form[name]), language);
  const model = await modelNamed(here.model, here.models),
    { kind, times } = form,
    t = kind === "seeds" ? here.T : form.t,
    plan = await model.plan(wayBack(t, form.fast)),
    pictures = { picture: bytesOf(picture), other: bytesOf(other) },
    { settings, captions, ...run } = RUNS[kind]({ here, form, plan, ...pictures }),
    common = { captions, about: { kind, t, times, length: lengthOf({ here, form }) } },
    { before = [], after = [] } = run;
  for await (const step of model.stream({ ...settings, plan, signal })) {
    const row = (x) => [...before, toPixels(x, step), ...after];
    yield chunkOf(step, row(step.x_t), row(step.sample), common);
  }
}
