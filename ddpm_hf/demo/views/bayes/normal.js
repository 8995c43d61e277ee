// Gaussians, and where to look at them.
export const normal = (x, mean, variance) =>
  Math.exp(-((x - mean) ** 2) / variance / 2) / Math.sqrt(2 * Math.PI * variance);

const EVEN = 160, // points over the whole axis
  OWN = 48, // and around each Gaussian, which may be a needle
  REACH = 5; // in standard deviations

// Values from low to high at which to draw these Gaussians, [[mean, standard deviation], …].
export function abscissae([low, high], gaussians) {
  const even = Array.from({ length: EVEN + 1 }, (_, i) => low + ((high - low) * i) / EVEN);
  const own = gaussians.flatMap(([mean, sd]) =>
    Array.from({ length: OWN + 1 }, (_, i) => mean + sd * REACH * ((2 * i) / OWN - 1)),
  );
  return [...even, ...own.filter((x) => x > low && x < high)].toSorted((a, b) => a - b);
}
