// A run's settings as a link, and as lines of Python.
import { OutOfBounds, check } from "../../web/run/bounds.js";

const NAMES = [
  "seed",
  "number",
  "steps",
  "variance",
  "noise",
  "model",
  "class",
  "guidance",
  "spacing",
  "sampler",
];

// The controls by their names.
export const settingsOf = (controls) =>
  Object.fromEntries(NAMES.map((name, i) => [name, controls[i]]));

const isNumber = (word) => word.trim() !== "" && Number.isFinite(Number(word));

// The settings in a link, in the order of the controls; what it lacks is as the controls have it.
// firstModel: the one of a link that names none; it knows no classes.
export function settingsIn(link, controls, firstModel) {
  const asked = new URL(link).searchParams;
  const hasClasses = (asked.get("model") ?? firstModel) !== firstModel;
  return NAMES.map((name, i) => {
    const value = asked.get(name);
    if (value === null || (!hasClasses && (name === "class" || name === "guidance")))
      return controls[i];
    if (typeof controls[i] !== "number") return value;
    return isNumber(value) ? Number(value) : controls[i];
  });
}

const CLASS = NAMES.indexOf("class");
const NO_NUMBER = ["", "each", "any"]; // of a class: what a model without classes draws, too

// A class that the link's model does not have, as `check` throws it. Of models that are not bundled
// nothing is known here.
function checkClass(asked, bound, firstModel, language) {
  const model = asked.get("model") ?? firstModel,
    value = asked.get("class"),
    known = bound.byModel[model];
  if (!known || value === null || NO_NUMBER.includes(value)) return;
  if (!known.length) throw new OutOfBounds("no_classes", { model, value });
  check([{ ...bound, known }], [value], language);
}

// What a link asks for that the controls can't have, each as `check` throws it, by their numbers; a
// model is told of where it is chosen. bounds: of the controls, as `check` takes them.
export function faultsIn(link, bounds, firstModel, language) {
  const asked = new URL(link).searchParams,
    faults = new Map();
  NAMES.forEach((name, i) => {
    const word = asked.get(name);
    if (word === null || name === "model") return;
    const isAmount = bounds[i].kind !== "choice" && isNumber(word);
    try {
      if (i === CLASS) checkClass(asked, bounds[i], firstModel, language);
      else check([bounds[i]], [isAmount ? Number(word) : word || null], language);
    } catch (fault) {
      faults.set(i, fault);
    }
  });
  return faults;
}

// The address with these settings; whatever else it says stays, but the view.
export function linkTo(
  address,
  [seed, number, steps, variance, noise, model, classLabel, guidance, spacing, sampler],
) {
  const link = new URL(address);
  const byTheModel =
    classLabel === "" ? { class: null, guidance: null } : { class: classLabel, guidance };
  const how = { steps, spacing, sampler, variance, noise, model };
  const values = { tab: null, seed, number, ...how, ...byTheModel };
  for (const [name, value] of Object.entries(values)) {
    if (value === null) link.searchParams.delete(name);
    else link.searchParams.set(name, value);
  }
  return link.href;
}

// What the scheduler is to have in place of the model's own. The config of a model that is not
// bundled is not known here, so all of it is said.
function changesOf(variance, model, spacing, bundled) {
  const changes = [];
  if (variance === "large" || !bundled.includes(model))
    changes.push(`variance_type="${variance === "large" ? "fixed_large" : "fixed_small"}"`);
  if (spacing !== "even") changes.push(`timestep_spacing="${spacing}"`);
  return changes;
}

// Arguments of the pipeline, by the sampler.
const SAMPLERS = { ddpm: [], ddim: ["eta=0.0"], fast: ["eta=0.3", "solver_order=2"] };

function argumentsOf([seed, number, steps, variance, noise, , classLabel, guidance, , sampler]) {
  const scale = variance === "none" ? 0 : noise;
  const byClass = classLabel !== "" && classLabel !== "any";
  const labels =
    classLabel === "each"
      ? `[i % len(pipe.class_names) for i in range(${number})]`
      : Number(classLabel);
  return [
    `batch_size=${number}`,
    `generator=torch.Generator().manual_seed(${seed})`,
    `num_inference_steps=${steps}`,
    ...SAMPLERS[sampler],
    ...(scale === 1 ? [] : [`noise_scale=${scale}`]),
    ...(byClass ? [`class_labels=${labels}`] : []),
    ...(byClass && guidance !== 1 ? [`guidance_scale=${guidance}`] : []),
    'backend="eager"',
  ];
}

// The lines of Python that draw the same images.
export function scriptOf(settings, bundled) {
  const [, , , variance, , model, , , spacing] = settings;
  const changes = changesOf(variance, model, spacing, bundled);
  const scheduler = [
    "pipe.scheduler = DDPMScheduler.from_config(",
    `    ${["pipe.scheduler.config", ...changes].join(", ")}`,
    ")",
  ];
  return [
    "import torch",
    `from ddpm_hf import DDPMPipeline${changes.length ? ", DDPMScheduler" : ""}`,
    "",
    `pipe = DDPMPipeline.from_pretrained(${JSON.stringify(model)})`,
    ...(changes.length ? scheduler : []),
    "images = pipe(",
    ...argumentsOf(settings).map((argument) => `    ${argument},`),
    ").images",
  ].join("\n");
}
