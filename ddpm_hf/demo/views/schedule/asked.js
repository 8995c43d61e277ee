// The numbers of a noise schedule, asked for by its five controls.
import { answerAt } from "../../web/answers.js";

// limits: {byBetas: kinds that go by β, most: [low, high] of T, β_1 and β_T}.
export const isHalfTyped = ({ most }, [, ...numbers]) =>
  most.some(([low, high], i) => !(low <= numbers[i] && numbers[i] <= high));

export function nameOf({ byBetas }, [kind, T, beta1, betaT, zeroSnr]) {
  const betas = byBetas.includes(kind) ? [beta1, betaT] : [];
  return [kind, T, ...betas, ...(zeroSnr ? ["zero"] : [])].join("-");
}

// what: "curves" or "weights".
export const numbersOf = (limits, controls, what) =>
  answerAt(`schedules/${nameOf(limits, controls)}/${what}.json`);
