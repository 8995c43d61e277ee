// The colours of an image as a palette of 256, by median cut (Heckbert 1982). Exact where an image has
// no more, as a grey one never has.
const MOST = 256;
const CHANNELS = [16, 8, 0]; // by how many bits each is shifted in 0xRRGGBB

// Some pixels, the channel in which they differ most, and how much is gained by halving them.
function boxOf(colours) {
  const spans = CHANNELS.map((shift) => {
    let [low, high] = [255, 0];
    for (const colour of colours) {
      const value = (colour >>> shift) & 255;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return high - low;
  });
  const span = Math.max(...spans);
  return { colours, shift: CHANNELS[spans.indexOf(span)], gain: span * colours.length };
}

// Two boxes, divided at the median; pixels of one colour stay together.
function halved({ colours, shift }) {
  const counts = new Uint32Array(256);
  for (const colour of colours) counts[(colour >>> shift) & 255]++;
  let [cut, below] = [0, 0];
  while (below + counts[cut] <= colours.length / 2) below += counts[cut++];
  if (below === 0) cut++; // half of them have the least value
  const half = (isBelow) => colours.filter((it) => ((it >>> shift) & 255) < cut === isBelow);
  return [boxOf(half(true)), boxOf(half(false))];
}

function meanOf({ colours }) {
  return CHANNELS.map((shift) =>
    Math.round(colours.reduce((sum, it) => sum + ((it >>> shift) & 255), 0) / colours.length),
  );
}

// rgb: bytes, pixel by pixel. → {palette: [[r, g, b], …], indices: a byte for each pixel}.
export function quantised(rgb) {
  const pixels = Uint32Array.from(
    { length: rgb.length / 3 },
    (_, i) => (rgb[3 * i] << 16) | (rgb[3 * i + 1] << 8) | rgb[3 * i + 2],
  );
  const boxes = [boxOf(pixels)];
  while (boxes.length < MOST) {
    const most = boxes.reduce((best, box, i) => (box.gain > boxes[best].gain ? i : best), 0);
    if (boxes[most].gain === 0) break;
    boxes.splice(most, 1, ...halved(boxes[most]));
  }
  const places = new Map();
  for (const [i, { colours }] of boxes.entries())
    for (const colour of colours) places.set(colour, i);
  return { palette: boxes.map(meanOf), indices: Uint8Array.from(pixels, (it) => places.get(it)) };
}
