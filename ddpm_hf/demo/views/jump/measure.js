// One jump beside many steps: each picture's error and sharpness, and what they say.
import { rmse, sharpness } from "../../web/sharpness.js";

const ALIKE = 3; // pictures look equally sharp up to this difference, in % of the original's sharpness
const LARGE_GAIN = 5; // from this gain on, errors in ẑ show as speckles, which pass for sharpness
const SHARPER = 150; // from this sharpness on, in % of the original's, a picture is too sharp
const FLAT = 0.02; // below it a picture has no details: rounding to grey levels makes as much
const JUMP = 2; // x_0 and x_t stand before it, the chains' mean and the chains behind it
const FEW = [1, 4]; // so many chains are averaged, beside all of them

const rounded = (value) => Number(value.toFixed(1));
const mean = (values) => values.reduce((a, b) => a + b) / values.length;

// A picture's distance to x_0 in grey levels, and its sharpness in % of x_0's, if that has any.
export function measured(pixels, x_0, { width, height }) {
  const error = rounded(rmse(pixels, x_0)),
    original = sharpness(x_0, width, height);
  if (original < FLAT) return { key: "error", error };
  const percent = Math.round((100 * sharpness(pixels, width, height)) / original);
  return { key: "measured", error, sharpness: percent };
}

// The jump against the chains. gain: what (N6) multiplies an error in ẑ by, √(1−ᾱ_t)/√ᾱ_t.
export function judged(jump, chains, gain) {
  const numbers = {
    jump_error: jump.error,
    chain_error: rounded(mean(chains.map(({ error }) => error))),
    gain: rounded(gain),
  };
  if (jump.sharpness === undefined) return { key: "flat", ...numbers };
  const byJump = jump.sharpness,
    byChains = Math.round(mean(chains.map((note) => note.sharpness)));
  Object.assign(numbers, { jump_sharpness: byJump, chain_sharpness: byChains });
  const key = () => {
    if (Math.abs(byJump - byChains) <= ALIKE) return gain < LARGE_GAIN ? "alike" : "hidden";
    if (byJump > byChains && gain >= LARGE_GAIN) return "speckled";
    // What neither a mean nor an error in ẑ explains.
    if (byJump > Math.min(byChains, SHARPER)) return "foreign";
    return numbers.jump_error < numbers.chain_error ? "blurry" : "blurry_and_farther";
  };
  return { key: key(), ...numbers };
}

// The jump's distance to the mean of n of the chains, in grey levels: the mean over all groups of n.
function distance(jump, chains, n) {
  const groups = Math.floor(chains.length / n);
  const of = (k) => rmse(jump, meanOf(chains.slice(k * n, (k + 1) * n)));
  return rounded(mean(Array.from({ length: groups }, (_, k) => of(k))));
}

const meanOf = (pictures) =>
  Float32Array.from(pictures[0], (_, i) => mean(pictures.map((pixels) => pixels[i])));

// Whether the jump comes nearer to the mean of the chains the more of them there are; null where it
// doesn't.
export function nearer(jump, chains) {
  const numbers = [...FEW.filter((n) => n < chains.length), chains.length],
    distances = numbers.map((n) => distance(jump, chains, n));
  if (distances.some((d, i) => i > 0 && d >= distances[i - 1])) return null;
  const told = numbers.map((n, i) => `n = ${n}: ${distances[i]}`).join(", ");
  return numbers.length > 1 ? { key: "nearer", told } : null;
}

// What stands below the pictures of a frame.
export const notes = (pictures, isLast, shape) =>
  pictures.map((pixels, n) =>
    n === JUMP || (n > JUMP && isLast) ? measured(pixels, pictures[0], shape) : null,
  );

// What the last frame says. about: {gain}.
export function verdict(pictures, shape, { gain }) {
  const [jump, , ...chains] = notes(pictures, true, shape).slice(JUMP);
  const mean = nearer(pictures[JUMP], pictures.slice(JUMP + 2));
  return [judged(jump, chains, gain), ...(mean ? [mean] : [])];
}
