// RGB bytes, row by row, as an image to put on a canvas.
export function imageOf(width, height, rgb) {
  const image = new ImageData(width, height);
  for (let i = 0, j = 0; i < rgb.length; j++) {
    image.data[j++] = rgb[i++];
    image.data[j++] = rgb[i++];
    image.data[j++] = rgb[i++];
    image.data[j] = 255;
  }
  return image;
}

export function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

// One image on a canvas of its size.
export function paint(canvas, width, height, rgb) {
  resize(canvas, width, height);
  canvas.getContext("2d").putImageData(imageOf(width, height, rgb), 0, 0);
}
