// Gradio's event of the Forward view: another picture, or another schedule.
import { UNCHANGED, latest } from "../../web/answers.js";
import { isHalfTyped, numbersOf } from "../schedule/asked.js";

export const mixed = latest(async (limits, picture, ...schedule) => {
  if (isHalfTyped(limits, schedule)) return UNCHANGED;
  return { picture, ...(await numbersOf(limits, schedule, "weights")) };
});
