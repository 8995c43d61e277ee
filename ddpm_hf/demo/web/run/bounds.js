// The bounds of a run's controls, as web/run/bounds.py has them.
const fits = {
  whole: ({ low, high }, value) => Number.isInteger(value) && low <= value && value <= high,
  number: ({ low, high }, value) => typeof value === "number" && low <= value && value <= high,
  choice: ({ known }, value) => known.includes(value),
};

// A control's value is out of bounds; `key` and `values` are the sentence's.
export class OutOfBounds extends Error {
  name = "OutOfBounds";
  constructor(key, values) {
    super(key);
    Object.assign(this, { key, values });
  }
}

// Throws OutOfBounds for the first value that does not fit. bounds: one for each control, or null.
export function check(bounds, controls, language) {
  bounds.forEach((bound, i) => {
    if (!bound || fits[bound.kind](bound, controls[i])) return;
    const { kind, name, known, ...range } = bound,
      values = { name: name[language], known: known?.join(", "), value: controls[i] ?? "–" };
    throw new OutOfBounds(`limits_${kind}`, { ...range, ...values });
  });
}
