// The equations of one pair of steps s < t, in the paper's symbols. `table` is ln ᾱ_t for t = 0..T,
// Python's; 1 ≤ s, for at s = 0 the prior has no spread and A is infinite.

// α_{t|s} = ᾱ_t/ᾱ_s and β_{t|s} = 1 − α_{t|s} (at s = t − 1 the notes' α_t and β_t), ᾱ and 1 − ᾱ.
export const pairOf = (table, s, t) => ({
  alpha: Math.exp(table[t] - table[s]),
  beta: -Math.expm1(table[t] - table[s]),
  alphaBarS: Math.exp(table[s]),
  noiseVarS: -Math.expm1(table[s]),
  alphaBarT: Math.exp(table[t]),
  noiseVarT: -Math.expm1(table[t]),
});

// q(x_s|x_t,x_0) ∝ exp(−½(A·x_s² + B·x_s + C)).
export const A = ({ alpha, beta, noiseVarS }) => alpha / beta + 1 / noiseVarS; // (N7)
export const B = ({ alpha, beta, alphaBarS, noiseVarS }, x_t, x_0) =>
  -2 * ((Math.sqrt(alpha) * x_t) / beta + (Math.sqrt(alphaBarS) * x_0) / noiseVarS); // (N7)

// β̃, which is 1/A.
export const posteriorVar = ({ beta, noiseVarS, noiseVarT }) => (noiseVarS / noiseVarT) * beta; // (N8)

// The weights of x_t and of x_0 in μ, which is −B/2A.
export const weightXt = (p) => (Math.sqrt(p.alpha) * p.noiseVarS) / p.noiseVarT; // (N9)
export const weightX0 = (p) => (Math.sqrt(p.alphaBarS) * p.beta) / p.noiseVarT; // (N9)

// μ from ẑ.
export const meanFromNoise = ({ alpha, beta, noiseVarT }, x_t, z) =>
  (x_t - (beta / Math.sqrt(noiseVarT)) * z) / Math.sqrt(alpha); // (N10)
