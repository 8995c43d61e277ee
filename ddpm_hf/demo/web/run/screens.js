// Gradio's events of a run, by the id of its screen. They may come before the screen is there.
const screens = new Map(); // id → {run: a promise, resolve}

function entry(id) {
  if (!screens.has(id)) {
    let resolve;
    const run = new Promise((resolved) => {
      resolve = resolved;
    });
    screens.set(id, { run, resolve });
  }
  return screens.get(id);
}

// A screen is there, with its `Run`.
export function register(id, run) {
  entry(id).resolve(run);
  screens.set(id, { run: Promise.resolve(run) }); // should it take the place of another
}

// values: of so many controls, and the run's link if it has one.
export async function start(screen, button, count, ...values) {
  (await entry(screen).run).start(button, values.slice(0, count), values[count]);
}

export async function stop(screen) {
  (await entry(screen).run).stop();
}

export async function fail(screen) {
  (await entry(screen).run).fail();
}

export async function refuse(screen, faults) {
  (await entry(screen).run).refuse(faults);
}
