// A small network: affine layers with SiLU between them. Its gradient is worked out by hand.

const sigmoid = (a) => 1 / (1 + Math.exp(-a));

export class Network {
  #inputs; // of each layer, in the last forward pass
  #slopes; // of SiLU behind each layer but the last

  // sizes: [inputs, hidden…, outputs]. normal(): the next z ~ N(0, 1).
  constructor(sizes, normal) {
    const shapes = sizes.slice(1).map((outputs, l) => [sizes[l], outputs]);
    const count = shapes.reduce((sum, [inputs, outputs]) => sum + (inputs + 1) * outputs, 0);
    this.weights = new Float64Array(count);
    this.gradient = new Float64Array(count);
    let at = 0;
    this.layers = shapes.map(([inputs, outputs]) => {
      const end = at + inputs * outputs,
        cut = (all) => ({ w: all.subarray(at, end), b: all.subarray(end, end + outputs) });
      const layer = { inputs, outputs, ...cut(this.weights), slopes: cut(this.gradient) };
      at = end + outputs;
      for (let k = 0; k < layer.w.length; k++) layer.w[k] = normal() / Math.sqrt(inputs);
      return layer;
    });
  }

  // x: (n, inputs), row by row → (n, outputs).
  forward(x, n) {
    this.#inputs = [];
    this.#slopes = [];
    return this.layers.reduce((input, layer, l) => {
      const sums = affine(layer, input, n);
      this.#inputs.push(input);
      if (l + 1 < this.layers.length) this.#slopes.push(activate(sums));
      return sums;
    }, x);
  }

  // After `forward`. slopes: of a loss by the outputs. Adds its slopes by the weights to `gradient`,
  // and returns those by the inputs.
  backward(slopes, n) {
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const here = this.#slopes[l]; // none behind the last layer
      if (here) for (let k = 0; k < here.length; k++) slopes[k] *= here[k];
      slopes = affineBack(this.layers[l], this.#inputs[l], slopes, n);
    }
    return slopes;
  }
}

function affine({ inputs, outputs, w, b }, x, n) {
  const sums = new Float64Array(n * outputs);
  for (let r = 0, at = 0; r < n; r++)
    for (let o = 0, k = 0; o < outputs; o++) {
      let sum = b[o];
      for (let i = r * inputs; i < (r + 1) * inputs; i++) sum += w[k++] * x[i];
      sums[at++] = sum;
    }
  return sums;
}

function affineBack({ inputs, outputs, w, slopes: { w: dw, b: db } }, x, slopes, n) {
  const before = new Float64Array(n * inputs);
  for (let r = 0, at = 0; r < n; r++)
    for (let o = 0, k = 0; o < outputs; o++) {
      const d = slopes[at++];
      db[o] += d;
      for (let i = r * inputs; i < (r + 1) * inputs; i++, k++) {
        dw[k] += d * x[i];
        before[i] += d * w[k];
      }
    }
  return before;
}

// SiLU, a·σ(a), in place; returns its slopes.
function activate(sums) {
  const slopes = new Float64Array(sums.length);
  for (let k = 0; k < sums.length; k++) {
    const a = sums[k],
      s = sigmoid(a);
    sums[k] = a * s;
    slopes[k] = s * (1 + a * (1 - s));
  }
  return slopes;
}

// Adam (Kingma & Ba 2015).
export class Adam {
  #steps = 0;

  constructor(network, rate, beta1 = 0.9, beta2 = 0.999) {
    Object.assign(this, { network, rate, beta1, beta2 });
    this.mean = new Float64Array(network.weights.length);
    this.square = new Float64Array(network.weights.length);
  }

  // One step against the gradient, which is then forgotten.
  step() {
    const { weights, gradient } = this.network,
      { mean, square, beta1, beta2 } = this;
    this.#steps++;
    const [one, two] = [beta1, beta2].map((beta) => 1 - beta ** this.#steps);
    for (let k = 0; k < weights.length; k++) {
      const g = gradient[k];
      mean[k] = beta1 * mean[k] + (1 - beta1) * g;
      square[k] = beta2 * square[k] + (1 - beta2) * g * g;
      weights[k] -= (this.rate * (mean[k] / one)) / (Math.sqrt(square[k] / two) + 1e-8);
    }
    gradient.fill(0);
  }
}
