// A seed for each picture: ddpm_hf.noise.image_generators, by NumPy's SeedSequence.

const MULTIPLY = Math.imul;

// Its hash, whose constant changes with each call.
function hasher(start, factor) {
  let constant = start;
  return (value) => {
    value ^= constant;
    constant = MULTIPLY(constant, factor);
    value = MULTIPLY(value, constant);
    return (value ^ (value >>> 16)) >>> 0;
  };
}

function mixed(x, y) {
  const result = (MULTIPLY(x, 0xca01f9dd) - MULTIPLY(y, 0x4973f715)) >>> 0;
  return (result ^ (result >>> 16)) >>> 0;
}

// The words of 32 bits of a whole number, the lowest first.
const words = (n) => (n < 2 ** 32 ? [n] : [n >>> 0, Math.floor(n / 2 ** 32)]);

// The lowest 32 bits, all that torch takes, of np.random.SeedSequence([seed, index])'s first state.
// seed, index: whole numbers below 2⁵³, at most four words in all.
export function imageSeed(seed, index) {
  const entropy = [...words(seed), ...words(index)];
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = [0, 1, 2, 3].map((i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++)
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mixed(pool[to], hash(pool[from]));
  return hasher(0x8b51f9dd, 0x58f38ded)(pool[0]);
}
