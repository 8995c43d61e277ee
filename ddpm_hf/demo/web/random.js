// Seeded noise: the same seed gives the same numbers in every browser.

// Uniform numbers in [0, 1), by the generator "mulberry32".
export function uniforms(seed) {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

// The numbers z ~ N(0, 1) one by one, by Box and Muller.
export function normals(seed) {
  const uniform = uniforms(seed);
  let spare = null;
  return () => {
    if (spare !== null) {
      const z = spare;
      spare = null;
      return z;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())),
      angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

// Fills with z ~ N(0, 1).
export function fillNormal(numbers, seed) {
  const normal = normals(seed);
  for (let i = 0; i < numbers.length; i++) numbers[i] = normal();
}
