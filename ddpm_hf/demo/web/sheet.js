// Frames as a file of one picture; see `sheet` in encoding.py.
import { bytesOf } from "./binary.js";

// A sheet's frames, as RGB bytes: picture by picture, each row by row.
export async function pixelsOf(file, type, { width, height }) {
  const image = await createImageBitmap(new Blob([bytesOf(file)], { type }), {
    colorSpaceConversion: "none",
  });
  const canvas = document.createElement("canvas"); // older browsers have no OffscreenCanvas
  Object.assign(canvas, { width: image.width, height: image.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height),
    bytes = new Uint8Array((data.length / 4) * 3);
  let to = 0;
  for (let top = 0; top < image.height; top += height)
    for (let left = 0; left < image.width; left += width)
      for (let y = top; y < top + height; y++)
        for (let x = left; x < left + width; x++) {
          const from = 4 * (y * image.width + x);
          for (let c = 0; c < 3; c++) bytes[to++] = data[from + c];
        }
  return bytes;
}
