// A GAN of points in the plane: a generator, and a discriminator that tells its points from others.
import { Adam, Network } from "./network.js";

const HIDDEN = 48,
  RATE = 1e-3,
  BETA_1 = 0.5; // usual for GANs

// log(1 + exp(a)): −log of the probability that a score −a stands for.
const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const average = (scores, of) => scores.reduce((sum, a) => sum + of(a), 0) / scores.length;

export class TinyGan {
  // As TinyDiffusion's; speed: of the discriminator's learning, in units of the generator's.
  constructor(points, { uniform, normal }, speed = 1) {
    Object.assign(this, { points, uniform, normal });
    this.generator = new Network([2, HIDDEN, HIDDEN, 2], normal);
    this.discriminator = new Network([2, HIDDEN, HIDDEN, 1], normal);
    this.adams = [
      new Adam(this.generator, RATE, BETA_1),
      new Adam(this.discriminator, speed * RATE, BETA_1),
    ];
  }

  get sizes() {
    return [this.generator.weights.length, this.discriminator.weights.length];
  }

  sample(n, normal) {
    return this.generator.forward(
      Float64Array.from({ length: 2 * n }, normal),
      n,
    );
  }

  #real(n) {
    const { uniform, points } = this,
      drawn = new Float64Array(2 * n);
    for (let r = 0; r < n; r++) {
      const j = 2 * Math.floor((uniform() * points.length) / 2);
      drawn.set([points[j], points[j + 1]], 2 * r);
    }
    return drawn;
  }

  // −log D(x) − log(1 − D(G(z))), halved; its gradient is then in the discriminator.
  discriminatorLoss(n) {
    const { discriminator } = this;
    const real = discriminator.forward(this.#real(n), n);
    discriminator.backward(
      real.map((a) => -sigmoid(-a) / (2 * n)),
      n,
    );
    const made = discriminator.forward(this.sample(n, this.normal), n);
    discriminator.backward(
      made.map((a) => sigmoid(a) / (2 * n)),
      n,
    );
    return (average(real, (a) => softplus(-a)) + average(made, softplus)) / 2;
  }

  // −log D(G(z)); its gradient is then in the generator.
  generatorLoss(n) {
    const { generator, discriminator } = this,
      scores = discriminator.forward(this.sample(n, this.normal), n);
    const slopes = discriminator.backward(
      scores.map((a) => -sigmoid(-a) / n),
      n,
    );
    discriminator.gradient.fill(0); // it is not its turn
    generator.backward(slopes, n);
    return average(scores, (a) => softplus(-a));
  }

  // A step of each; returns both losses before it.
  train(n) {
    const [forGenerator, forDiscriminator] = this.adams,
      ofDiscriminator = this.discriminatorLoss(n);
    forDiscriminator.step();
    const ofGenerator = this.generatorLoss(n);
    forGenerator.step();
    return { generator: ofGenerator, discriminator: ofDiscriminator };
  }
}
