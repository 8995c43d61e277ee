// The files of a model, below its address, and the kernels.
import { BrowserError, FileError } from "./errors.js";

const WEIGHTS = "unet/diffusion_pytorch_model.safetensors";
const STORE = "ddpm-weights";

async function fetched(url) {
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new FileError(`${url} can't be reached.`);
  }
  if (!response.ok) {
    // A server says in one sentence what is wrong with what was asked for.
    const said = response.status === 400 ? await response.text() : `There is no ${url}.`;
    throw new FileError(said);
  }
  return response;
}

// A JSON file. Throws FileError, with the server's own sentence where it has one.
export async function readJson(url) {
  const response = await fetched(url);
  try {
    return await response.json();
  } catch {
    throw new FileError(`${url} is not JSON.`);
  }
}

// The kernels, compiled. Throws BrowserError where they can't run.
export async function readKernels() {
  const response = await fetched(new URL("./kernels.wasm", import.meta.url).href),
    bytes = await response.arrayBuffer();
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(bytes))
    throw new BrowserError("This browser has no WebAssembly with SIMD.");
  return WebAssembly.compile(bytes);
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// What keeps files by their hash; null where there is none: without HTTPS, or with storage refused.
const storeOf = () => globalThis.caches?.open(STORE).catch(() => null) ?? null;

// The bytes of a model's weights. They are kept in the Cache API under the hash that stands in the
// file beside them, and come from there the next time.
export async function readWeights(base) {
  const url = new URL(WEIGHTS, base).href,
    store = await storeOf();
  if (!store) return (await fetched(url)).arrayBuffer();
  const hash = (await (await fetched(`${url}.sha256`)).text()).trim(),
    key = new URL(`?sha256=${hash}`, url).href,
    kept = await store.match(key);
  if (kept) return kept.arrayBuffer();
  const bytes = await (await fetched(key)).arrayBuffer();
  if (hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) !== hash)
    throw new FileError(`${url} is cut short, or not what its sha256 says.`);
  await store.put(key, new Response(bytes)).catch(() => {}); // no room: it is fetched again then
  return bytes;
}
