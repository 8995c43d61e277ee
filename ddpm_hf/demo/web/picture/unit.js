// RGB bytes → numbers in [−1, 1], channels first.
export function unitOf(pixels) {
  const area = pixels.length / 3;
  const channelsFirst = (i) => pixels[3 * (i % area) + Math.floor(i / area)];
  return Float32Array.from(pixels, (_, i) => channelsFirst(i) / 127.5 - 1);
}
