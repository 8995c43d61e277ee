// By Node: runs of models in folders, beside torch's. The argument is a folder with cases.json, a list
// of {model, settings, plan, slices, expected}; `expected`: a file of numbers, for each step x̂_0, ẑ
// and x_s. Prints for each case how far these are from them at most, or the error.
import { readFileSync } from "node:fs";
import { argv } from "node:process";
import { Chain } from "../../ddpm_hf/demo/web/engine/chain.js";
import { readFacts } from "../../ddpm_hf/demo/web/engine/config.js";
import { jobOf } from "../../ddpm_hf/demo/web/engine/job.js";
import { walkOf } from "../../ddpm_hf/demo/web/engine/repaint.js";
import { readSafetensors } from "../../ddpm_hf/demo/web/engine/safetensors.js";
import { UNet } from "../../ddpm_hf/demo/web/engine/unet.js";

const KERNELS = await WebAssembly.compile(
  readFileSync(new URL("../../ddpm_hf/demo/web/engine/kernels.wasm", import.meta.url)),
);

const bytesOf = (file) => new Uint8Array(readFileSync(file)).buffer;
const jsonOf = (file) => JSON.parse(readFileSync(file));

async function modelOf(folder) {
  const files = ["model_index", "unet/config", "scheduler/scheduler_config"];
  const facts = readFacts(...files.map((file) => jsonOf(`${folder}/${file}.json`)));
  const { exports } = await WebAssembly.instantiate(KERNELS, {});
  const tensors = readSafetensors(bytesOf(`${folder}/unet/diffusion_pytorch_model.safetensors`));
  return { facts, unet: new UNet(exports, facts.config, tensors) };
}

const farthest = (a, b) =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]) / Math.max(1, Math.abs(b[i]))), 0);

// For each of x̂_0, ẑ and x_s the largest distance over all steps, in parts of large numbers.
async function distances({ model, settings, plan, slices, expected }) {
  const { facts, unet } = await modelOf(model),
    { latents } = settings,
    start = latents && Float32Array.from(latents),
    job = jobOf(facts, { ...settings, plan, latents: start }),
    size = job.shape.reduce((a, b) => a * b),
    torch = new Float32Array(bytesOf(expected)),
    most = { x_0: 0, z_hat: 0, sample: 0 };
  for (const [from, to] of slices) {
    const mine = { ...job, from, to, latents: job.latents?.slice(from * size, to * size) ?? null };
    const chain = new Chain((...of) => unet.denoise(...of), mine);
    for (let i = 0; i < walkOf(job).length; i++) {
      const step = chain.step();
      Object.keys(most).forEach((name, j) => {
        const at = (3 * i + j) * job.number * size,
          theirs = torch.subarray(at + from * size, at + to * size);
        most[name] = Math.max(most[name], farthest(step[name], theirs));
      });
    }
  }
  return most;
}

const told = ({ name, part = null, message }) => ({ name, part, message });

const found = [];
for (const each of jsonOf(`${argv[2]}/cases.json`)) found.push(await distances(each).catch(told));
console.log(JSON.stringify(found));
