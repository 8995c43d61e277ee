// Four runs in this page that differ in σ alone: the chunks of frames as view.py sends them.
import { toPixels } from "../../web/engine/ddpm.js";
import { chunkOf } from "../../web/row/frames.js";
import { check } from "../../web/run/bounds.js";
import { modelNamed } from "../../web/run/models.js";

// controls: seed, steps. here: {first, models, bounds, runs}; runs: [caption, variance, noise scale] of
// each.
export async function* chunks(here, language, controls, signal) {
  check(here.bounds, controls, language);
  const [seed, steps] = controls,
    model = await modelNamed(here.first, here.models),
    plan = await model.plan(`${steps}-even`, signal);
  const captions = here.runs.map(([key]) => ({ key }));
  const run = model.stream({
    plan,
    signal,
    seed: here.runs.map(() => seed), // the same x_T and the same z at each step
    variance: here.runs.map(([, variance]) => variance),
    noise_scale: here.runs.map(([, , scale]) => scale),
  });
  for await (const step of run) {
    const [before, after] = [step.x_t, step.sample].map((x) => [toPixels(x, step)]);
    yield chunkOf(step, before, after, { captions });
  }
}
