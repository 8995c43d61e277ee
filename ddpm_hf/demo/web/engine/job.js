// The settings of a run, checked → what a chain takes.
//
// eta, solver_order: of the plan, as the pipeline's: DDIM, and a step of second order.
// seed: a number for the batch, or a list with one for each picture, as diffusers' generators; or
// {between: [a, b], weights}: all noise of each picture lies between that of two seeds.
// number: of pictures. steps, and spacing ("even", "quadratic" or "visible"): of the plan, unless
// there is a `plan`, such as `Model.plan` gives, or a list with one for each picture, of the same
// timesteps. variance ("small", "large" or "none"), noise_scale,
// class_label: one for all pictures, or a list with one for each; without a class_label any class is
// drawn. guidance_scale. latents: x_T, of all pictures or of one for all. image: one picture to start
// from, at the first step of the plan: its numbers, channels first. mask: for each pixel 1 where it is
// drawn anew, else 0, with jump_length and jump_n_sample (RePaint); all as ddpm_hf has them.

const PLAN = { steps: 100, spacing: "even", eta: null, solver_order: 1 };
const DEFAULTS = { ...PLAN, seed: 0, noise_scale: 1, guidance_scale: 1, jump_length: 10, jump_n_sample: 10 };
const VARIANCES = ["small", "large", "none"];

function check(isRight, sentence) {
  if (!isRight) throw new RangeError(sentence);
}

function checkLists(number, lists) {
  for (const [name, values] of Object.entries(lists))
    if (Array.isArray(values))
      check(
        values.length === number,
        `${name} has ${values.length} values for ${number} pictures; give one for each.`,
      );
}

function checkClasses({ classes, nullClass }, class_label, guidance_scale) {
  for (const label of [class_label].flat())
    check(
      classes
        ? Number.isInteger(label) && label >= 0 && label <= (nullClass ?? classes - 1)
        : label === null,
      classes
        ? `class_label must be one of the classes 0 to ${classes - 1}; got ${label}.`
        : "This model has no classes: leave class_label out.",
    );
  check(
    guidance_scale === 1 || nullClass !== null,
    "This model was not trained for guidance: leave guidance_scale at 1.",
  );
}

function repeated(picture, number) {
  const all = new Float32Array(number * picture.length);
  for (let n = 0; n < number; n++) all.set(picture, n * picture.length);
  return all;
}

function startOf(latents, number, size) {
  if (!latents) return null;
  check(
    latents.length === size || latents.length === number * size,
    `latents must have ${number * size} numbers, or ${size} for all pictures; got ${latents.length}.`,
  );
  return latents.length === size ? repeated(latents, number) : latents;
}

function checkEdit({ image, mask, jump_length, jump_n_sample }, [channels, height, width]) {
  const area = height * width;
  for (const [name, given, size] of [
    ["image", image, channels * area],
    ["mask", mask, area],
  ])
    check(!given || given.length === size, `${name} must have ${size} numbers.`);
  check(image || !mask, "mask says which part of an image to draw anew: give image.");
  check(jump_length >= 1 && jump_n_sample >= 1, "The jumps must be at least 1.");
}

// The plan's name, as Python reads it.
function nameOf({ steps, spacing, eta, solver_order }) {
  const parts = [steps, spacing];
  if (eta !== null) parts.push(`eta${eta}`);
  if (solver_order !== 1) parts.push(`order${solver_order}`);
  return parts.join("-");
}

// facts: of the model, as `readFacts` gives them. `name`: of the plan to fetch, if there is none.
// Throws RangeError, one sentence.
export function jobOf(facts, settings) {
  const given = Object.fromEntries(Object.entries(settings).filter(([, v]) => v !== undefined));
  const all = { ...DEFAULTS, variance: facts.variance, class_label: facts.nullClass, ...given };
  const { seed, noise_scale, guidance_scale, variance, class_label, plan, latents } = all,
    { number = (seed.weights ?? [seed].flat()).length } = all,
    shape = [facts.channels, facts.height, facts.width];
  check(Number.isInteger(number) && number > 0, `number must be at least 1; got ${number}.`);
  checkLists(number, { seed, noise_scale, variance, class_label, plan });
  for (const kind of [variance].flat())
    check(
      VARIANCES.includes(kind),
      `variance must be one of ${VARIANCES.join(", ")}; got ${kind}.`,
    );
  checkClasses(facts, class_label, guidance_scale);
  checkEdit(all, shape);
  return {
    seed,
    number,
    shape,
    noise_scale,
    guidance_scale,
    variance,
    class_label,
    plan: [plan].flat()[0], // whose timesteps and rates are those of all
    plans: plan,
    name: nameOf(all),
    image: all.image ?? null,
    mask: all.mask ?? null,
    jump_length: all.jump_length,
    jump_n_sample: all.jump_n_sample,
    latents: startOf(latents, number, facts.channels * facts.height * facts.width),
    nullClass: facts.nullClass,
    prediction: facts.prediction,
    clip: facts.clip,
  };
}
