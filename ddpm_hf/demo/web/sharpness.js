// How sharp a picture is, and how far from another: of RGB bytes, row by row.

// The mean absolute Laplacian, 4x − up − down − left − right, over the inner pixels, of a picture
// in [−1, 1]; as ddpm_hf/evaluation/sharpness.py has it.
export function sharpness(pixels, width, height) {
  const row = 3 * width;
  let sum = 0;
  for (let y = 1; y < height - 1; y++)
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++)
      sum += Math.abs(
        4 * pixels[i] - pixels[i - row] - pixels[i + row] - pixels[i - 3] - pixels[i + 3],
      );
  return sum / (3 * (width - 2) * (height - 2)) / 127.5;
}

// Root mean square error, in grey levels.
export function rmse(pixels, original) {
  const sum = pixels.reduce((total, value, i) => total + (value - original[i]) ** 2, 0);
  return Math.sqrt(sum / pixels.length);
}
