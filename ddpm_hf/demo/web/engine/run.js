// One run, its pictures shared among workers, step by step as torch would have them in one batch.
import { revived } from "./errors.js";
import { workersFor } from "./pool.js";
import { walkOf } from "./repaint.js";

// How many steps workers may be ahead of whoever reads them.
const AHEAD = 2;

let runs = 0;

// The parts of a step from the workers in their order, in one.
function whole(parts, name) {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part[name].length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part[name], at);
    at += part[name].length;
  }
  return all;
}

// What the workers tell of a run, in order; a promise for each step.
class Inbox {
  #steps = new Map();
  #parts;
  #error = null;

  constructor(parts) {
    this.#parts = parts;
  }

  #at(index) {
    if (!this.#steps.has(index)) this.#steps.set(index, this.#waiting());
    return this.#steps.get(index);
  }

  #waiting() {
    const step = { parts: [], missing: this.#parts };
    step.done = new Promise((resolve, reject) => Object.assign(step, { resolve, reject }));
    step.done.catch(() => {}); // it may be that nobody waits for it
    if (this.#error) step.reject(this.#error);
    return step;
  }

  put(worker, message) {
    const step = this.#at(message.index);
    step.parts[worker] = message;
    if (--step.missing === 0) step.resolve(step.parts);
  }

  // The parts of a step, when all are there. −1 is the start.
  async take(index) {
    const parts = await this.#at(index).done;
    this.#steps.delete(index);
    return parts;
  }

  fail(error) {
    this.#error = error;
    for (const step of this.#steps.values()) step.reject(error);
  }
}

// The slices of a batch: whole pictures, as even as can be.
const slices = (number, workers) =>
  Array.from({ length: workers }, (_, w) =>
    [w, w + 1].map((i) => Math.floor((i * number) / workers)),
  );

function begin(hands, inbox, run, { latents, ...job }) {
  const size = job.shape.reduce((a, b) => a * b);
  slices(job.number, hands.length).forEach(([from, to], i) => {
    hands[i].listen((message) => {
      if ((message.run ?? run) !== run) return; // of one that was left
      if (message.error) inbox.fail(revived(message.error));
      else inbox.put(i, message);
    });
    const start = latents?.slice(from * size, to * size);
    hands[i].tell({ run, job: { ...job, from, to, latents: start } });
  });
}

// The steps of a run: {index, total, t, s, x_t, x_0, z_hat, sample}.
async function* steps(hands, job, stop) {
  const inbox = new Inbox(hands.length),
    run = ++runs,
    walk = walkOf(job),
    total = walk.length,
    times = [...job.plan.timesteps, -1].map((timestep) => timestep + 1);
  try {
    begin(hands, inbox, run, job);
    let x_t = whole(await stop.before(inbox.take(-1)), "sample");
    for (let index = 0; index < total; index++) {
      for (const hand of hands) hand.tell({ run, until: Math.min(total, index + AHEAD) });
      const parts = await stop.before(inbox.take(index));
      const [x_0, z_hat, sample] = ["x_0", "z_hat", "sample"].map((name) => whole(parts, name));
      const [t, s] = [0, 1].map((after) => times[walk[index] + after]);
      yield { index, total, t, s, x_t, x_0, z_hat, sample };
      x_t = parts[0].next ? whole(parts, "next") : sample;
    }
  } finally {
    for (const hand of hands) hand.tell({ run, isOver: true });
  }
}

async function handsOf(pool, pictures, stop) {
  const taken = pool.take(workersFor(pictures));
  try {
    return await stop.before(taken);
  } catch (error) {
    taken.then((hands) => pool.give(hands)).catch(() => {});
    throw error;
  }
}

// The steps of the job by workers of the pool, which has them back at the end, however it comes.
export async function* running(pool, job, stop) {
  const hands = await handsOf(pool, job.number, stop);
  let areSound = true;
  try {
    yield* steps(hands, job, stop);
  } catch (error) {
    areSound = stop.isAsked;
    throw error;
  } finally {
    if (areSound) pool.give(hands);
    else for (const hand of hands) hand.end();
  }
}
