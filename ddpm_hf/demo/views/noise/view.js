// Four runs that differ in σ alone: a row of pictures, and how grainy they are.
import { mountRow } from "../../web/row/row.js";
import { sharpness } from "../../web/sharpness.js";
import { chunks } from "./here.js";

// Grey levels from a pixel to the mean of its four neighbours: a quarter of the Laplacian.
const grain = (pixels, { width, height }) =>
  Number(((sharpness(pixels, width, height) * 127.5) / 4).toFixed(1));

const notes = (pictures, isLast, shape) =>
  pictures.map((pixels) => (isLast ? { key: "grain", grain: grain(pixels, shape) } : null));

export const mount = (page) =>
  mountRow(page, { name: "noise", chunks, notes, verdict: () => [{ key: "verdict" }] });
