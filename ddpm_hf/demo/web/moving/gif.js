// A moving picture as a GIF, 256 colours for each frame. https://www.w3.org/Graphics/GIF/spec-gif89a.txt
import { joined } from "../binary.js";
import { quantised } from "./palette.js";

const COLOURS = 256,
  CLEAR = 256,
  END = 257,
  BITS = 9, // of a code at first
  MOST_BITS = 12;

const short = (n) => [n & 255, n >>> 8];
const letters = (word) => Array.from(word, (letter) => letter.charCodeAt(0));
const FOREVER = [0x21, 0xff, 11, ...letters("NETSCAPE2.0"), 3, 1, 0, 0, 0];

// LZW: each code stands for the longest run of pixels that came before.
function compressed(indices) {
  const bytes = [],
    known = new Uint16Array(COLOURS << MOST_BITS); // the code of a known run and one pixel more
  let [bits, next, held, count] = [BITS, END + 1, 0, 0];
  function put(code) {
    held |= code << count;
    for (count += bits; count >= 8; count -= 8) {
      bytes.push(held & 255);
      held >>>= 8;
    }
    if (next === 1 << bits && bits < MOST_BITS) bits++;
  }
  put(CLEAR);
  let run = indices[0];
  for (const pixel of indices.subarray(1)) {
    const longer = (run << 8) | pixel;
    if (known[longer]) {
      run = known[longer];
      continue;
    }
    put(run);
    run = pixel;
    if (next < 1 << MOST_BITS) {
      known[longer] = next++;
      continue;
    }
    put(CLEAR);
    known.fill(0);
    [bits, next] = [BITS, END + 1];
  }
  put(run);
  put(END);
  if (count) bytes.push(held);
  return bytes;
}

// Bytes in blocks of at most 255, each behind its length.
function blocks(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    parts.push([block.length], block);
  }
  return [...parts, [0]];
}

// Each pixel as a square of scale × scale.
function enlarged(indices, { width, height, scale }) {
  const large = new Uint8Array(indices.length * scale * scale);
  for (let y = 0, at = 0; y < scale * height; y++)
    for (let x = 0; x < scale * width; x++)
      large[at++] = indices[Math.floor(y / scale) * width + Math.floor(x / scale)];
  return large;
}

function frameOf(rgb, milliseconds, film) {
  const { palette, indices } = quantised(rgb),
    size = [...short(film.scale * film.width), ...short(film.scale * film.height)],
    colours = new Uint8Array(3 * COLOURS);
  colours.set(palette.flat());
  return [
    [0x21, 0xf9, 4, 4, ...short(Math.round(milliseconds / 10)), 0, 0],
    [0x2c, 0, 0, 0, 0, ...size, 0x87], // with colours of its own
    colours,
    [BITS - 1],
    ...blocks(compressed(enlarged(indices, film))),
  ];
}

// film: as apng.js takes it.
export async function gif(film) {
  const { width, height, scale, frames, durations } = film,
    size = [...short(scale * width), ...short(scale * height)],
    parts = [[...letters("GIF89a"), ...size, 0x70, 0, 0], FOREVER];
  for (const [i, rgb] of frames.entries()) {
    parts.push(...frameOf(rgb, durations[i], film));
    await new Promise((resolve) => setTimeout(resolve)); // the page goes on
  }
  return new Blob([joined([...parts, [0x3b]])], { type: "image/gif" });
}
