// The equations of a step back, in the paper's symbols, number by number. The weights are Python's.

// x̂_0 from ẑ: `signal` and `noise` are √ᾱ_t and √(1−ᾱ_t).
export const x0FromNoise = ([signal, noise], x_t, z) => (x_t - noise * z) / signal; // (N6)

export const noiseFromX0 = ([signal, noise], x_t, x_0) => (x_t - signal * x_0) / noise;
const x0FromVelocity = ([signal, noise], x_t, v) => signal * x_t - noise * v;
const noiseFromVelocity = ([signal, noise], x_t, v) => noise * x_t + signal * v;

const itself = (_rates, _x_t, output) => output;

// By diffusers' `prediction_type`: (rates, x_t, output) → x̂_0, and ẑ.
export const PREDICTIONS = {
  epsilon: { x0: x0FromNoise, noise: itself },
  sample: { x0: itself, noise: noiseFromX0 },
  v_prediction: { x0: x0FromVelocity, noise: noiseFromVelocity },
};

// μ: what x_t, x̂_0 and, for samplers of second order, the x̂_0 of the step before have in it.
export const mean = ([a, b, c], x_t, x_0, x_0_before) => a * x_t + b * x_0 + c * x_0_before; // (N9)

export const reverseStep = (mean, std, z) => mean + std * z; // (N11)

// Classifier-free guidance: further towards the class than the network alone would go.
export const guided = (scale, towards, away) => away + scale * (towards - away);

// One jump x_0 → x_t, with the rates √ᾱ_t and √(1−ᾱ_t).
export const qSample = ([signal, noise], x_0, z) => signal * x_0 + noise * z; // (N4)

// √α and √β of the steps from s to t as one; each given by its rates, as for `qSample`, which adds
// the noise.
export const ratesBetween = ([s], [t]) => [t / s, Math.sqrt(1 - (t / s) ** 2)]; // (N3)

// x_s where the mask is 1, what is known where it is 0. RePaint (Lugmayr et al. 2022), eq. 8c.
export const keepKnown = (mask, x_s, known) => mask * x_s + (1 - mask) * known;

// On the line from x_t to x'_t, with the weight λ of x'_t. DDPM section 4.4.
export const interpolate = (weight, x, y) => (1 - weight) * x + weight * y;

// The same between two independent noises, of variance 1 all the way.
export const interpolateNoise = (weight, x, y) =>
  interpolate(weight, x, y) / Math.hypot(1 - weight, weight);
