import { digits } from "../../web/digits.js";

const written = (value) => (Number.isInteger(value) ? String(value) : digits(value));

// {name: number, …} → the numbers as they are written; what is no number is left out.
export const told = (numbers) =>
  Object.fromEntries(
    Object.entries(numbers)
      .filter(([, value]) => typeof value === "number")
      .map(([name, value]) => [name, written(value).replace(/^-/, "−")]),
  );
