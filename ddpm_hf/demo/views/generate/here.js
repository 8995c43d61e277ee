// A run of Generate in this page: the chunks of frames as player.py sends them from the server.
import { joined } from "../../web/binary.js";
import { toPixels } from "../../web/engine/ddpm.js";
import { check } from "../../web/run/bounds.js";
import { modelNamed, planName } from "../../web/run/models.js";

const CLASS = 6, // among the controls
  NO_CLASSES = "",
  EACH = "each",
  ANY = "any";

// Which of the steps 0..K−1 become frames, at most `frames` − 1; as animation.key_steps has them.
export function keySteps(K, frames) {
  const shown = Math.min(K, frames - 1);
  const at = (i) => Math.round((i * (K - 1)) / Math.max(1, shown - 1));
  return new Set(Array.from({ length: shown }, (_, i) => at(i)));
}

// The class of each picture, and the guidance; nothing where it is left open. bound: of the choice.
function ofClass(model, bound, choice, number, guidance_scale, language) {
  const isEach = choice === EACH || choice === NO_CLASSES;
  const numbers = Array.from({ length: model.classes }, (_, i) => String(i)),
    known = [EACH, ...(model.nullClass === null ? [] : [ANY]), ...numbers];
  if (model.classes && !isEach) check([{ ...bound, known }], [choice], language);
  if (!model.classes || choice === ANY) return {};
  const class_label = Array.from({ length: number }, (_, i) =>
    isEach ? i % model.classes : Number(choice),
  );
  return { class_label, ...(model.nullClass === null ? {} : { guidance_scale }) };
}

// What the player draws along the run (N9): Python's weights, at the key steps.
function courseOf({ rates, mean, std }, variance, noise_scale, keys) {
  const at = (values) => values.filter((_, i) => keys.has(i));
  return {
    root_alpha_bar: at(rates.map(([signal]) => signal)),
    sigma: at(rates.map((_, i) => (variance === "none" ? 0 : noise_scale * std[variance][i]))),
    weight_xt: at(mean.map(([weight]) => weight)),
    weight_x0: at(mean.map(([, weight, before = 0]) => weight + before)),
  };
}

// The three screens of a step: x_t, x̂_0 and ẑ; and at the end: the picture twice, and all that was
// removed from x_T.
const shown = (step, widestNoise) =>
  [step.x_t, step.x_0, step.z_hat.map((z) => z / widestNoise)].map((x) => toPixels(x, step));
const result = (step, xT, widestNoise) => {
  const removed = step.sample.map((x, k) => (xT[k] - x) / widestNoise);
  return [step.sample, step.sample, removed].map((x) => toPixels(x, step));
};

// controls: seed, number, steps, variance, noise, model, class, guidance, spacing, sampler.
// here: {models, bounds, frames, widestNoise}; models: the names that have files; bounds: of the
// controls, see web/run/bounds.py; widestNoise: the ẑ that is drawn white.
export async function* chunks({ models, bounds, frames, widestNoise }, language, controls, signal) {
  check(bounds.with(CLASS, null), controls, language); // the classes are the model's
  const [seed, number, steps, variance, noise_scale, name, choice, guidance, ...how] = controls;
  const [spacing, sampler] = how,
    model = await modelNamed(name, models),
    plan = await model.plan(planName(steps, spacing, sampler)),
    keys = keySteps(steps, frames);
  const labels = ofClass(model, bounds[CLASS], choice, number, guidance, language),
    common = { total: keys.size + 1, steps };
  let first = 0,
    xT = null;
  for await (const step of model.stream({
    seed,
    number,
    plan,
    variance,
    noise_scale,
    signal,
    ...labels,
  })) {
    xT ??= step.x_t;
    if (!keys.has(step.index)) continue;
    const isLast = step.index === steps - 1,
      { count, width, height } = step;
    const shape = { count, width, height };
    yield {
      ...common,
      ...shape,
      first,
      t: [step.t, ...(isLast ? [0] : [])],
      data: joined([...shown(step, widestNoise), ...(isLast ? result(step, xT, widestNoise) : [])]),
      ...(first === 0 ? { course: courseOf(plan, variance, noise_scale, keys) } : {}),
    };
    first++;
  }
}
