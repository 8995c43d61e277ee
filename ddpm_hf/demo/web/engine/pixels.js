// Numbers in [−1, 1] → pixels, as to_images of ddpm_hf makes them.

// NumPy rounds halves to even.
function rounded(x) {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down & 1) : Math.round(x);
}

const { fround } = Math;
const pixel = (x) => rounded(fround(fround(Math.max(0, Math.min(1, fround(x / 2 + 0.5)))) * 255));

// A batch, channels first → RGB, picture by picture. Grey is repeated, an alpha channel left out.
export function toPixels(batch, { channels, height, width }) {
  const area = height * width,
    count = batch.length / (channels * area),
    pixels = new Uint8Array(3 * area * count);
  for (let n = 0, to = 0; n < count; n++)
    for (let p = 0; p < area; p++)
      for (let c = 0; c < 3; c++)
        pixels[to++] = pixel(batch[(n * channels + (channels === 1 ? 0 : c)) * area + p]);
  return pixels;
}
