// A moving picture as an animated PNG, whose colours are exact. https://www.w3.org/TR/png-3/
import { joined } from "../binary.js";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const RGB = [8, 2, 0, 0, 0]; // bits, colour type, compression, filters, no interlacing
const REPLACE = [0, 0]; // a frame takes the place of the one before
const SUB = 1,
  UP = 2; // filters: less the pixel to the left, less the one above
const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

const short = (n) => [n >>> 8, n & 255];
const word = (n) => [...short(n >>> 16), ...short(n & 0xffff)];

function crcOf(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function block(kind, ...parts) {
  const content = joined([Array.from(kind, (letter) => letter.charCodeAt(0)), ...parts]);
  return joined([word(content.length - kind.length), content, word(crcOf(content))]);
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The rows of an image, filtered, each pixel as a square of scale × scale. All but the first of a
// square's rows are as the one above, all but the first of its pixels as the one to the left: zeros.
function rowsOf(rgb, { width, height, scale }) {
  const row = 1 + 3 * scale * width,
    rows = new Uint8Array(scale * height * row);
  for (let y = 0; y < scale * height; y++) {
    rows[y * row] = y % scale ? UP : SUB;
    if (y % scale) continue;
    const start = (3 * width * y) / scale;
    for (let x = 0; x < 3 * width; x++) {
      const left = x < 3 ? 0 : rgb[start + x - 3];
      rows[y * row + 1 + 3 * scale * Math.floor(x / 3) + (x % 3)] = rgb[start + x] - left;
    }
  }
  return rows;
}

// film: {width, height, scale, frames, durations}: images as RGB bytes, each for so many
// milliseconds, each pixel as a square of scale × scale; over and over.
export async function apng(film) {
  const { width, height, scale, frames, durations } = film,
    size = [...word(scale * width), ...word(scale * height)],
    parts = [SIGNATURE, block("IHDR", size, RGB), block("acTL", word(frames.length), word(0))];
  let number = 0;
  for (const [i, rgb] of frames.entries()) {
    const time = [...short(durations[i]), ...short(1000)],
      pixels = await deflated(rowsOf(rgb, film));
    parts.push(block("fcTL", word(number++), size, word(0), word(0), time, REPLACE));
    parts.push(i === 0 ? block("IDAT", pixels) : block("fdAT", word(number++), pixels));
  }
  return new Blob([joined([...parts, block("IEND")])], { type: "image/png" });
}
