// A model's files, below its address.
import { FileError } from "./errors.js";

const WEIGHTS = "unet/diffusion_pytorch_model.safetensors";
const STORE = "ddpm-weights";

async function fetched(url, signal) {
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
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
export async function readJson(url, signal) {
  const response = await fetched(url, signal);
  try {
    return await response.json();
  } catch {
    throw new FileError(`${url} is not JSON.`);
  }
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// The file's bytes. What has the hash that stands in the file beside it is kept in the Cache API
// under that hash, and comes from there the next time.
export async function readWeights(base) {
  const url = new URL(WEIGHTS, base).href;
  if (typeof caches === "undefined") return (await fetched(url)).arrayBuffer(); // not over HTTPS
  const hash = (await (await fetched(`${url}.sha256`)).text()).trim(),
    key = new URL(`?sha256=${hash}`, url).href,
    store = await caches.open(STORE),
    kept = await store.match(key);
  if (kept) return kept.arrayBuffer();
  const bytes = await (await fetched(key)).arrayBuffer();
  if (hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) !== hash)
    throw new FileError(`${url} is cut short, or not what its sha256 says.`);
  await store.put(key, new Response(bytes)).catch(() => {}); // no room: it is fetched again then
  return bytes;
}
