// One jump in this page: the chunks of frames as view.py sends them from the server.
import { bytesOf } from "../../web/binary.js";
import { imageSeed, normal, qSample, toPixels } from "../../web/engine/ddpm.js";
import { unitOf } from "../../web/picture/unit.js";
import { chunkOf } from "../../web/row/frames.js";
import { check } from "../../web/run/bounds.js";
import { modelNamed, wayBack } from "../../web/run/models.js";

function captionsOf(t, chains) {
  const each = Array.from({ length: chains }, (_, n) => ({ key: "chain", n: n + 1 }));
  return [{ key: "x0" }, { key: "xt", t }, { key: "jump" }, { key: "mean", n: chains }, ...each];
}

// What x̂_0 multiplies an error of the network's output by.
function gainOf(prediction, [signalRate, noiseRate]) {
  return { epsilon: noiseRate / signalRate, sample: 1, v_prediction: noiseRate }[prediction];
}

// The mean picture of a batch.
function meanOf(batch, size) {
  const n = batch.length / size;
  return Float32Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let k = i; k < batch.length; k += size) sum += batch[k];
    return sum / n;
  });
}

// controls: picture, t, number of chains, seed, whether it is to be fast. here: {first, models, bounds, firstChain}; firstChain
// is the first chain's image number.
export async function* chunks(here, language, [picture, t, chains, seed, fast], signal) {
  check(here.bounds, [null, t, chains, seed], language);
  const model = await modelNamed(here.first, here.models),
    plan = await model.plan(wayBack(t, fast));
  const pixels = bytesOf(picture),
    z = normal(seed, pixels.length),
    latents = unitOf(pixels).map((x, i) => qSample(plan.rates[0], x, z[i])),
    seeds = Array.from({ length: chains }, (_, n) => imageSeed(seed, here.firstChain + n));
  const gain = gainOf(model.prediction, plan.rates[0]),
    common = { captions: captionsOf(t, chains), about: { gain } };
  let fixed = []; // x_0, x_t and the jump
  for await (const step of model.stream({ seed: seeds, plan, latents, signal })) {
    if (step.index === 0) {
      const jump = step.x_0.subarray(0, latents.length); // all chains begin at the same x_t
      fixed = [pixels, toPixels(latents, step), toPixels(jump, step)];
    }
    const row = (x) => [...fixed, toPixels(meanOf(x, latents.length), step), toPixels(x, step)];
    const [before, after] = [step.x_t, step.sample].map(row);
    yield chunkOf(step, before, after, common);
  }
}
