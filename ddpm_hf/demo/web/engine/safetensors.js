// The safetensors format: eight bytes of length, a header in JSON, then the numbers.
import { FileError } from "./errors.js";

// Every float16 there is, by its bits.
const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => {
  const exponent = (bits >> 10) & 31,
    fraction = (bits & 1023) / 1024,
    size = exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14;
  return bits & 0x8000 ? -size : size;
});

function fromHalves(halves) {
  const numbers = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) numbers[i] = HALVES[halves[i]];
  return numbers;
}

const READ = {
  F32: (bytes) => new Float32Array(bytes),
  F16: (bytes) => fromHalves(new Uint16Array(bytes)),
};

function headerOf(buffer) {
  try {
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    const { __metadata__: _, ...header } = JSON.parse(
      new TextDecoder().decode(new Uint8Array(buffer, 8, length)),
    );
    return { header, start: 8 + length };
  } catch {
    throw new FileError("The weights are no safetensors file, or it is cut short.");
  }
}

// A file's bytes → {name: {shape, data: Float32Array}}. Throws FileError for a broken file.
export function readSafetensors(buffer) {
  const { header, start } = headerOf(buffer);
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    const [from, to] = data_offsets.map((offset) => start + offset);
    if (to > buffer.byteLength) throw new FileError("The file of the weights is cut short.");
    if (!(dtype in READ)) throw new FileError(`Weights of the type ${dtype} can't be read.`);
    tensors[name] = { shape, data: READ[dtype](buffer.slice(from, to)) };
  }
  return tensors;
}
