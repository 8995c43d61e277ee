// A tiny diffusion model of points in the plane: Algorithms 1 and 2.
import { mean, qSample, reverseStep, x0FromNoise } from "../../../web/engine/equations.js";
import { expected } from "../../noise/playground/particles.js";
import { Adam, Network } from "./network.js";

const HIDDEN = 48,
  INPUTS = 6, // x and y, the same in units of the noise, and two that tell t
  RATE = 3e-3,
  REACH = 3; // x̂_0 is clipped to it, as that of pictures is to 1

export class TinyDiffusion {
  // tables: of a noise schedule, for the steps 0..K; see playground.py. points: x and y in turns.
  // uniform(), normal(): the next random numbers.
  constructor(tables, points, { uniform, normal }) {
    Object.assign(this, { tables, points, uniform, normal, K: tables.sigma.length });
    this.network = new Network([INPUTS, HIDDEN, HIDDEN, 2], normal);
    this.adam = new Adam(this.network, RATE);
    this.rates = Array.from(tables.signal, (signal, i) => [signal, Math.sqrt(tables.var[i])]);
  }

  get size() {
    return this.network.weights.length;
  }

  // ẑ for each x_t, (n, 2); steps: the step of each.
  predict(x, steps) {
    const n = steps.length,
      input = new Float64Array(INPUTS * n);
    for (let r = 0; r < n; r++) {
      const [signal, noise] = this.rates[steps[r]],
        at = [x[2 * r], x[2 * r + 1]],
        closer = at.map((value) => value / noise / 3); // where there is little noise it shows here
      input.set([...at, ...closer, noise, Math.log(noise / signal) / 3], INPUTS * r);
    }
    return this.network.forward(input, n);
  }

  // Lines 2 to 4 of Algorithm 1, n times: steps, ε and x_t.
  draw(n) {
    const { uniform, normal, points, rates, K } = this,
      steps = Array.from({ length: n }, () => 1 + Math.floor(uniform() * K)),
      z = Float64Array.from({ length: 2 * n }, normal),
      x = new Float64Array(2 * n);
    for (let r = 0; r < n; r++) {
      const j = 2 * Math.floor((uniform() * points.length) / 2);
      for (const axis of [0, 1])
        x[2 * r + axis] = qSample(rates[steps[r]], points[j + axis], z[2 * r + axis]);
    }
    return { steps, z, x };
  }

  // The loss of n draws, ‖ε − ẑ‖² a coordinate; its gradient is then in the network.
  loss(n) {
    const { steps, z, x } = this.draw(n),
      off = this.predict(x, steps).map((zHat, k) => zHat - z[k]);
    this.network.backward(
      off.map((d) => (2 * d) / off.length),
      n,
    );
    return off.reduce((sum, d) => sum + d * d, 0) / off.length;
  }

  // Line 5: a step of gradient descent; returns the loss before it. rate: the learning rate's part.
  train(n, rate = 1) {
    const loss = this.loss(n);
    this.adam.rate = RATE * rate;
    this.adam.step();
    return loss;
  }

  // Algorithm 2: n points. normal(): the noise.
  sample(n, normal) {
    const { tables, rates, K } = this;
    let x = Float64Array.from({ length: 2 * n }, normal);
    for (let i = K - 1; i >= 0; i--) {
      const zHat = this.predict(x, Array(n).fill(i + 1)),
        weights = [tables.weightXt[i], tables.weightX0[i], 0];
      x = x.map((value, k) => {
        const jump = x0FromNoise(rates[i + 1], value, zHat[k]),
          x0 = Math.max(-REACH, Math.min(REACH, jump)),
          mu = mean(weights, value, x0, 0);
        return i > 0 ? reverseStep(mu, tables.sigma[i], normal()) : mu;
      });
    }
    return x;
  }

  // The least loss that any network can have on these points, from n draws.
  leastLoss(n) {
    const { tables, points, rates } = this,
      { steps, z, x } = this.draw(n),
      weights = new Float64Array(points.length / 2);
    let sum = 0;
    steps.forEach((i, r) => {
      const at = [x[2 * r], x[2 * r + 1]],
        x0 = expected(...at, points, tables.signal[i], tables.var[i], weights);
      for (const axis of [0, 1]) {
        const zHat = (at[axis] - rates[i][0] * x0[axis]) / rates[i][1];
        sum += (zHat - z[2 * r + axis]) ** 2;
      }
    });
    return sum / (2 * n);
  }
}
