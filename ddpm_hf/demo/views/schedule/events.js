// Gradio's events of the Schedule view, and of a schedule's controls wherever they stand.
import { UNCHANGED, latest } from "../../web/answers.js";
import { isHalfTyped, numbersOf } from "./asked.js";

// β_1 and β_T are hidden where the kind does not go by them.
export function showBetas({ byBetas }, kind) {
  const visible = byBetas.includes(kind);
  return Array(2).fill({ visible, __type__: "update" });
}

// names: of the schedules; controls: for each of them whether it is shown, and its five controls.
export const compared = latest(async (limits, names, ...controls) => {
  const each = controls.length / names.length;
  const rows = names.map((name, n) => [name, ...controls.slice(n * each, (n + 1) * each)]);
  if (rows.some(([, , ...schedule]) => isHalfTyped(limits, schedule))) return UNCHANGED;
  const shown = rows.filter(([, isShown]) => isShown);
  const answers = await Promise.all(
    shown.map(([, , ...schedule]) => numbersOf(limits, schedule, "curves")),
  );
  return { schedules: answers.map((answer, n) => ({ name: shown[n][0], ...answer })) };
});
