// A Web Worker with a network of its own: its pictures of a run, step by step, as they are asked for.
import { Chain } from "./chain.js";
import { readSafetensors } from "./safetensors.js";
import { UNet } from "./unet.js";

let unet;
// The run at work: {run, chain, until}; a new one takes its place.
let current = null;

const { port1, port2 } = new MessageChannel();

// Lets messages in, such as that the run is over.
const breath = () =>
  new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });

const told = ({ name, message, part }) => ({ name, message, part });

async function load({ kernels, config, weights }) {
  const { exports } = await WebAssembly.instantiate(kernels, {});
  unet = new UNet(exports, config, readSafetensors(weights));
  postMessage({ isReady: true });
}

function begin({ run, job }) {
  const chain = new Chain((...of) => unet.denoise(...of), job);
  current = { run, chain, until: 0, isWorking: false };
  postMessage({ run, index: -1, sample: chain.sample });
}

// Steps until as many are done as were asked for.
async function work(mine) {
  if (mine.isWorking) return;
  mine.isWorking = true;
  for (; current === mine && mine.chain.index < mine.until; await breath())
    postMessage({ run: mine.run, ...mine.chain.step() });
  mine.isWorking = false;
}

async function listen({ data }) {
  try {
    if (data.kernels) await load(data);
    else if (data.job) begin(data);
    else if (data.run === current?.run) {
      if (data.isOver) current = null;
      else {
        current.until = data.until;
        await work(current);
      }
    }
  } catch (error) {
    postMessage({ run: data.run, error: told(error) });
  }
}

onmessage = listen;
