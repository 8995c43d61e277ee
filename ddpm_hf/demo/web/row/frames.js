// A step of a run in this page, as a chunk of the row's frames.
import { joined } from "../binary.js";

// before, after: the pictures of x_t and of x_s. Both are frames for the first step, x_s for others.
// chunk: what the view's chunks have beside frames.
export function chunkOf({ index, total, t, s, width, height }, before, after, chunk) {
  const isFirst = index === 0;
  return {
    ...chunk,
    total: total + 1,
    steps: total,
    width,
    height,
    first: isFirst ? 0 : index + 1,
    t: isFirst ? [t, s] : [s],
    data: joined(isFirst ? [...before, ...after] : after),
  };
}
