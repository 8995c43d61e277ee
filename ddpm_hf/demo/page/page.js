// What every page script has at hand; the view's own script follows.
const language = navigator.language.startsWith("zh") ? "zh" : "en";
const text = props.texts[language];
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const say = (key, values) => text[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

for (const node of element.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
for (const node of element.querySelectorAll("[data-label]"))
  node.setAttribute("aria-label", text[node.dataset.label]);

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);

// Three significant digits; 4.04e-5 as 4.04·10⁻⁵.
function digits(x) {
  if (x === 0 || !Number.isFinite(x)) return String(x);
  if (Math.abs(x) >= 0.001 && Math.abs(x) < 10000) return String(Number(x.toPrecision(3)));
  const [mantissa, exponent] = x.toExponential(2).split("e");
  const raised = exponent.replace("+", "").replace(/[-0-9]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
  return `${Number(mantissa)}·10${raised}`;
}

// RGB bytes, row by row, as a picture to put on a canvas.
function imageOf(width, height, rgb) {
  const image = new ImageData(width, height);
  for (let i = 0, j = 0; i < rgb.length; j++) {
    image.data[j++] = rgb[i++];
    image.data[j++] = rgb[i++];
    image.data[j++] = rgb[i++];
    image.data[j] = 255;
  }
  return image;
}

// Such a picture on a canvas of its size.
function paint(canvas, width, height, rgb) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext("2d").putImageData(imageOf(width, height, rgb), 0, 0);
}

// A part of an SVG.
function svgNode(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// A button that plays and pauses. `begin` is called at each start, `move` before each picture with
// the seconds since the last; it says whether there is more.
function playback(button, begin, move) {
  let next = null; // the animation frame asked for; null while paused
  function pause() {
    cancelAnimationFrame(next);
    next = null;
    button.textContent = text.play;
  }
  function play() {
    button.textContent = text.pause;
    begin();
    let last = performance.now();
    next = requestAnimationFrame(function tick(now) {
      const more = element.isConnected && move((now - last) / 1000);
      last = now;
      if (more) next = requestAnimationFrame(tick);
      else pause();
    });
  }
  const toggle = () => (next === null ? play() : pause());
  button.addEventListener("click", toggle);
  pause();
  return { pause, toggle };
}

// Uniform numbers in [0, 1) by the generator "mulberry32": the same seed, the same numbers.
function uniforms(seed) {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

// Fill with z ~ N(0, 1), by Box and Muller.
function fillNormal(numbers, seed) {
  const uniform = uniforms(seed);
  for (let i = 0; i < numbers.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
    numbers[i] = radius * Math.cos(angle);
    if (i + 1 < numbers.length) numbers[i + 1] = radius * Math.sin(angle);
  }
}
