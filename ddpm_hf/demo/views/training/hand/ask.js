// The network, asked once: one step of a plan without its noise, so that `sample` is μ.
const rowOf = ({ timesteps, rates, mean }, i) => ({
  timesteps: [timesteps[i]],
  rates: [rates[i]],
  mean: [mean[i]],
});

// x_t at row i of a plan → the engine's step: {x_0, z_hat, sample, channels, height, width, …}.
export async function asked(model, plan, i, x_t) {
  const run = model.stream({ plan: rowOf(plan, i), latents: x_t, variance: "none" }),
    { value } = await run.next();
  await run.return();
  return value;
}

// ε̂ for an x_t of any t, by the rates √ᾱ_t and √(1−ᾱ_t).
export async function predicted(model, t, rates, x_t) {
  const plan = { timesteps: [t - 1], rates: [rates], mean: [[0, 1]] };
  return (await asked(model, plan, 0, x_t)).z_hat;
}
