// A step of a run in this page, as a chunk of the row's frames.
import { joined } from "../binary.js";

// before, after: the pictures of x_t and of x_s. Both are frames for the first step, x_s for others.
// plan: the run's. chunk: what the view's chunks have beside frames.
export function chunkOf(step, { timesteps }, before, after, chunk) {
  const { index, width, height } = step,
    K = timesteps.length,
    isFirst = index === 0;
  const s = index + 1 < K ? timesteps[index + 1] + 1 : 0;
  return {
    ...chunk,
    total: K + 1,
    steps: K,
    width,
    height,
    first: isFirst ? 0 : index + 1,
    t: isFirst ? [step.t, s] : [s],
    data: joined(isFirst ? [...before, ...after] : after),
  };
}
