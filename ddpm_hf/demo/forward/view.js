// The Forward view: x_0 and ε are here, and so are the tables; the page only mixes.
const BINS = 80, REACH = 4; // the histogram's, from −4 to 4
const KEY_FRAMES = 100;
const FRAME_BUDGET = 12; // milliseconds of work between two pictures
const SECONDS_TO_PLAY = 8;

const slider = part("t"), misreading = part("misreading"), playButton = part("play");
let data = null; // {T, side, x0, epsilon, tables: {signal, noise, keep, add, …}}
let chain = null; // {seed, stride, frames: x_0, x_stride, x_2·stride, …, current, t}
let seed = 1, waiting = false;
let at = 0; // where playing is, between two steps
let pixels, jumped, z;

// a·x + b·y into `out`.
function mix(a, x, b, y, out) {
  for (let i = 0; i < out.length; i++) out[i] = a * x[i] + b * y[i];
}

// One step of the chain with noise of its own, (N2). The noise of step t is the same each time.
function step(t, x) {
  fillNormal(z, chain.seed * 8192 + t);
  mix(data.tables.keep[t], x, data.tables.add[t], z, x);
}

// Work out key frames until the time is up; true when all are there.
function extend() {
  const until = performance.now() + FRAME_BUDGET;
  while (chain.t < data.T && performance.now() < until) {
    step(++chain.t, chain.current);
    if (chain.t % chain.stride === 0) chain.frames.push(chain.current.slice());
  }
  return chain.t === data.T;
}

function extendAll() {
  const complete = extend();
  if (waiting) show();
  element.dataset.chain = complete ? "complete" : "running";
  if (!complete) requestAnimationFrame(extendAll);
}

function restart() {
  const running = chain && chain.t < chain.T;
  chain = { seed: seed++, T: data.T, stride: Math.ceil(data.T / KEY_FRAMES), frames: [data.x0.slice()], current: data.x0.slice(), t: 0 };
  element.dataset.chain = "running";
  if (!running) requestAnimationFrame(extendAll);
}

// x_t of the chain: from the last key frame on, step by step.
function stepped(t) {
  const key = Math.min(Math.floor(t / chain.stride), chain.frames.length - 1);
  waiting = t > chain.t;
  const x = chain.frames[key].slice();
  for (let s = key * chain.stride + 1; s <= Math.min(t, chain.t); s++) step(s, x);
  return x;
}

// Not a number where y, the picture, has but one value.
function correlation(x, y) {
  if (y.every((value) => value === y[0])) return NaN;
  const mean = (v) => v.reduce((sum, value) => sum + value, 0) / v.length;
  const mx = mean(x), my = mean(y);
  let xy = 0, xx = 0, yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

function moments(x) {
  let sum = 0, squares = 0;
  for (const value of x) { sum += value; squares += value * value; }
  const mean = sum / x.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / x.length - mean * mean)) };
}

const HIGHEST = 0.8; // of the density; N(0, 1) reaches 0.40
const heightOf = (density) => 40 - (40 * Math.min(density, HIGHEST)) / HIGHEST;
const normal = Array.from({ length: BINS + 1 }, (_, i) => {
  const x = -REACH + (2 * REACH * i) / BINS;
  return `${i ? "L" : "M"}${i} ${heightOf(Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)).toFixed(2)}`;
}).join("");

function histogram(svg, x) {
  const counts = new Float64Array(BINS);
  for (const value of x) {
    const bin = Math.floor(((value + REACH) / (2 * REACH)) * BINS);
    if (bin >= 0 && bin < BINS) counts[bin]++;
  }
  const bars = Array.from(counts, (n, i) => `M${i} 40V${heightOf((n / x.length) * (BINS / (2 * REACH))).toFixed(2)}h1V40Z`);
  svg.querySelector(".bars").setAttribute("d", bars.join(""));
}

function draw(name, x) {
  for (let i = 0; i < x.length; i++) pixels[i] = (x[i] / 2 + 0.5) * 255; // the array rounds and cuts off
  paint(part(name), data.side, data.side, pixels);
  histogram(part(`${name}Histogram`), x);
  const { mean, deviation } = moments(x), r = correlation(x, data.x0);
  part(`${name}Numbers`).textContent = say("numbers", {
    mean: mean.toFixed(2), deviation: deviation.toFixed(2), r: Number.isNaN(r) ? "–" : r.toFixed(2),
  });
}

function show() {
  const t = Number(slider.value), { tables } = data;
  const wrong = misreading.checked;
  const signal = (wrong ? tables.misreadingSignal : tables.signal)[t];
  const noise = (wrong ? tables.misreadingNoise : tables.noise)[t];
  mix(signal, data.x0, noise, data.epsilon, jumped); // (N4)
  draw("jump", jumped);
  draw("steps", stepped(t));
  if (waiting) part("stepsNumbers").textContent = say("working", { t: chain.t });
  slider.setAttribute("aria-valuetext", `t = ${t}`);
  part("clock").textContent = say("clock", { t, T: data.T, signal: digits(signal), noise: digits(noise) });
  element.dataset.t = t;
}

function tellVerdict() {
  const left = data.tables.signal[data.T], stays = left > data.mostSignalLeft;
  part("verdict").textContent = say(!stays ? "gone" : data.byBetas ? "outline" : "outlineAlways", { left: digits(left), T: data.T });
  part("verdict").classList.toggle("warning", stays);
  const wrong = misreading.checked;
  part("jumpFigure").classList.toggle("wrong", wrong);
  part("jumpFormula").textContent = text[wrong ? "wrongFormula" : "jumpFormula"];
  part("misreadingVerdict").hidden = !wrong;
  part("misreadingVerdict").textContent = say("misreadingVerdict", { left: digits(data.tables.misreadingSignal[data.T]), T: data.T });
}

function beginPlaying() {
  at = Number(slider.value) % data.T; // at the end, from the beginning
}

function move(seconds) {
  at += (seconds / SECONDS_TO_PLAY) * data.T;
  slider.value = Math.min(at, data.T);
  show();
  return at < data.T;
}

function receive() {
  if (!props.value) return;
  const { T, side, mostSignalLeft, byBetas } = props.value;
  const share = data ? Number(slider.value) / data.T : 0.2; // stay at the same part of the way
  const tables = Object.fromEntries(Object.entries(props.value.tables).map(([name, packed]) => [name, floatsOf(packed)]));
  data = { T, side, mostSignalLeft, byBetas, x0: floatsOf(props.value.x0), epsilon: floatsOf(props.value.epsilon), tables };
  [jumped, z] = [new Float32Array(data.x0.length), new Float32Array(data.x0.length)];
  pixels = new Uint8ClampedArray(data.x0.length);
  slider.max = T;
  slider.value = Math.round(share * T);
  restart();
  tellVerdict();
  show();
}

const { pause } = playback(playButton, beginPlaying, move);
slider.addEventListener("input", () => { pause(); show(); });
misreading.addEventListener("change", () => { tellVerdict(); show(); });
part("again").addEventListener("click", () => { restart(); show(); });
for (const path of element.querySelectorAll(".normal")) path.setAttribute("d", normal);
watch("value", receive);
receive();
