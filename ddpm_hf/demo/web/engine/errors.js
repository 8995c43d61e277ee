// What can go wrong, one class each, so that a page can tell and go to a server instead.

// The model has a part that the reader does not know; `part` is its name in the config.
export class UnknownModelError extends Error {
  name = "UnknownModelError";
  constructor(part, value) {
    super(`This engine does not know the model's ${part}, ${JSON.stringify(value)}.`);
    this.part = part;
  }
}

// A file is missing, cut short or not what its name says.
export class FileError extends Error {
  name = "FileError";
}

// The browser has no WebAssembly with SIMD, or no Web Workers.
export class BrowserError extends Error {
  name = "BrowserError";
}

// A worker failed in the middle of a run.
export class WorkerError extends Error {
  name = "WorkerError";
}

const ALL = { UnknownModelError, FileError, BrowserError, WorkerError };

// An error of a worker, as it comes through `postMessage`, with its class again.
export function revived({ name, message, part }) {
  const kind = name in ALL ? ALL[name] : WorkerError;
  return Object.assign(new Error(message), { name: kind.name, part, __proto__: kind.prototype });
}
