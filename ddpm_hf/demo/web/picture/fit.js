// The middle of a picture, scaled down as Pillow scales it.
const CAT = 32; // the box repeats a cat's pixels, or takes their means

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

export const LANCZOS = {
  support: 3,
  at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0),
};
export const BOX = { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };

// The pixels of a row of `length` that make up pixel i of `size`: the first, and their weights.
// The row is read from `start` on for `extent` pixels, and a filter's width beyond.
function taps(i, size, length, start, extent, filter) {
  const scale = extent / size,
    wide = Math.max(1, scale);
  const centre = start + (i + 0.5) * scale,
    reach = filter.support * wide;
  const first = Math.max(0, Math.floor(centre - reach + 0.5)),
    end = Math.min(length, Math.floor(centre + reach + 0.5));
  const weights = Float64Array.from({ length: end - first }, (_, k) =>
    filter.at((first + k - centre + 0.5) / wide),
  );
  const total = weights.reduce((a, b) => a + b);
  return { first, weights: weights.map((w) => w / total) };
}

// Each row scaled to `size` pixels; rows become columns. RGB, whatever the channels were.
function turned({ data, width, height }, start, extent, size, filter) {
  const channels = data.length / (width * height),
    out = new Uint8ClampedArray(3 * size * height); // cuts off
  for (let i = 0; i < size; i++) {
    const { first, weights } = taps(i, size, width, start, extent, filter);
    for (let y = 0; y < height; y++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0,
          at = (y * width + first) * channels + c;
        for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k] * data[at];
        out[(i * height + y) * 3 + c] = Math.floor(sum + 0.5);
      }
    }
  }
  return { data: out, width: height, height: size };
}

// image: {data, width, height}, RGBA. → RGB bytes of the middle, side × side.
export function fitted(image, side) {
  const { width, height } = image,
    extent = Math.min(width, height);
  const filter = width === CAT && height === CAT ? BOX : LANCZOS;
  const across = turned(image, (width - extent) / 2, extent, side, filter);
  return turned(across, (height - extent) / 2, extent, side, filter).data;
}
