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

const LEAST_SHARE = 0.75; // of the room; below it a larger picture is worth more than even pixels

// The width at which each of `pixels` in a row is a whole number of device pixels, as wide as there
// is room for; all the room where that would leave too much of it.
export function wholeWidth(pixels, room, ratio) {
  const whole = (Math.floor((room * ratio) / pixels) * pixels) / ratio;
  return whole >= LEAST_SHARE * room ? whole : room;
}

// Shows the canvas at such a width in its parent, whatever becomes of either.
export function keepWhole(canvas) {
  const fit = () => {
    const room = canvas.parentElement.getBoundingClientRect().width;
    canvas.style.width = `${wholeWidth(canvas.width, room, devicePixelRatio)}px`;
  };
  canvas.classList.add("whole");
  new ResizeObserver(fit).observe(canvas.parentElement);
  new MutationObserver(fit).observe(canvas, { attributeFilter: ["width"] });
}
