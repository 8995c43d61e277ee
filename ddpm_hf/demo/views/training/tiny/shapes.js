// Points to learn: x and y in turns, about as wide as the noise that they become.
import { uniforms } from "../../../web/random.js";

const POINTS = 400;

const SHAPES = {
  // Eight spots on a circle.
  spots: (u, v, w) => {
    const angle = (2 * Math.PI * Math.floor(8 * u)) / 8,
      turn = 2 * Math.PI * v,
      spread = 0.12 * Math.sqrt(w);
    return [
      1.4 * Math.cos(angle) + spread * Math.cos(turn),
      1.4 * Math.sin(angle) + spread * Math.sin(turn),
    ];
  },
  spiral: (u, v) => {
    const angle = 1.5 + 3.2 * Math.PI * Math.sqrt(u),
      radius = 0.16 * angle + 0.06 * (v - 0.5);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
};

export function shapeOf(name) {
  const uniform = uniforms(1),
    at = SHAPES[name];
  return Float64Array.from(
    Array.from({ length: POINTS }, () => at(uniform(), uniform(), uniform())).flat(),
  );
}
