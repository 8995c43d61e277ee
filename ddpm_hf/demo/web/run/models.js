// The engine's models in this page: each is loaded when it is first asked for.
import { UnknownModelError, load } from "../engine/ddpm.js";

const KEPT = 2; // a model's workers have some hundred megabytes
const PICTURES = 4; // of a run, as the page proposes it
const models = new Map(); // name → a promise of the model

// known: the names that have files here. Rejects with one of the engine's errors.
export function modelNamed(name, known) {
  if (!known.includes(name)) return Promise.reject(new UnknownModelError("name", name));
  const model = models.get(name) ?? load(`models/${name}/`);
  models.delete(name);
  models.set(name, model); // the last of them is the newest
  model.catch((error) => error.name === "FileError" && models.delete(name)); // it may come next time
  for (const old of [...models.keys()].slice(0, -KEPT)) {
    models.get(old).then((it) => it.close(), () => {});
    models.delete(old);
  }
  return model;
}

// What each of the page's samplers has behind its plan's name.
const SAMPLERS = { ddpm: "", ddim: "-eta0", fast: "-eta0.3-order2" };

export const planName = (steps, spacing, sampler) => `${steps}-${spacing}${SAMPLERS[sampler]}`;

// Of the plan from the paper's t down to the picture.
export const wayBack = (t, isFast) => `from-${t}${isFast ? "-fast" : ""}`;

const whenIdle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 200));

// Loads a model and starts workers for a few pictures, when the page has nothing else to do; the
// mark "engine-ready" is then among the page's performance entries. What goes wrong is told of when
// it is to run.
export function prepare(name, known) {
  whenIdle(() =>
    modelNamed(name, known)
      .then((model) => model.warm(PICTURES))
      .then(() => performance.mark("engine-ready"))
      .catch(() => {}),
  );
}
