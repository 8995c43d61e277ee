// Runs in this page that differ in σ, x_T or sampler: the chunks of frames as view.py sends them.
import { toPixels } from "../../web/engine/ddpm.js";
import { chunkOf } from "../../web/row/frames.js";
import { check } from "../../web/run/bounds.js";
import { modelNamed, planName } from "../../web/run/models.js";

// controls: seed, steps. here: {first, models, bounds, runs}; runs: [caption, what is added to the
// seed, variance, noise scale, sampler] of each.
export async function* chunks(here, language, controls, signal) {
  check(here.bounds, controls, language);
  const [seed, steps] = controls,
    model = await modelNamed(here.first, here.models);
  const captions = here.runs.map(([key]) => ({ key }));
  const plans = here.runs.map(([, , , , sampler]) => model.plan(planName(steps, "even", sampler)));
  const run = model.stream({
    plan: await Promise.all(plans),
    signal,
    seed: here.runs.map(([, more]) => seed + more), // of one, the same x_T, and z at each step
    variance: here.runs.map(([, , variance]) => variance),
    noise_scale: here.runs.map(([, , , scale]) => scale),
  });
  for await (const step of run) {
    const [before, after] = [step.x_t, step.sample].map((x) => [toPixels(x, step)]);
    yield chunkOf(step, before, after, { captions });
  }
}
