// The playground. The distribution is a known set of points, so the score of its noised mixture is
// known exactly: x̂_0 is a mean of the points, each weighed by how well it explains x_t.
const PARTICLES = 400, TRACKED = 5, REACH = 3.2; // the window shows −3.2 to 3.2
const TAIL = 40; // steps after which a path has faded
const FRAME_BUDGET = 10; // milliseconds of work between two pictures
const STEPS_PER_SECOND = 40;

const canvas = part("canvas"), timeline = part("timeline"), sigma = part("sigma"), playButton = part("play");
const tables = Object.fromEntries(Object.entries(props.value.tables).map(([name, data]) => [name, floatsOf(data)]));
const K = tables.keep.length; // steps each way
let points, frames, means, seed = 1, working = false;
let at = 0; // where playing is, between two frames
timeline.max = 2 * K;

const z = new Float32Array(2 * PARTICLES), weights = new Float64Array(1024);

// Frame p: 0..K is diffusion, at t[p]; K..2K is reconstruction, at t[2K − p].
const indexOf = (p) => (p <= K ? p : 2 * K - p);

function diffuse(i, x) {
  fillNormal(z, seed * 8192 + i);
  return x.map((v, k) => tables.keep[i] * v + tables.add[i] * z[k]); // (N2), STRIDE steps as one (N3)
}

// The posterior mean of x_0 given x_t: w_i ∝ exp(−|x − √ᾱ·x_i|² / (2(1−ᾱ))).
function expected(x, y, i) {
  const signal = tables.signal[i], scale = -0.5 / tables.var[i], n = points.length / 2;
  let best = -Infinity;
  for (let j = 0; j < n; j++) {
    const dx = x - signal * points[2 * j], dy = y - signal * points[2 * j + 1];
    weights[j] = scale * (dx * dx + dy * dy);
    if (weights[j] > best) best = weights[j];
  }
  let total = 0, sumX = 0, sumY = 0;
  for (let j = 0; j < n; j++) {
    const w = Math.exp(weights[j] - best);
    total += w;
    sumX += w * points[2 * j];
    sumY += w * points[2 * j + 1];
  }
  return [sumX / total, sumY / total];
}

// From t[i + 1] back to t[i]; also where μ is.
function reconstruct(i, x) {
  fillNormal(z, seed * 8192 + 4096 + i);
  const scale = i > 0 ? Number(sigma.value) * tables.sigma[i] : 0; // no noise on the last step
  const mu = new Float32Array(x.length), after = new Float32Array(x.length);
  for (let k = 0; k < x.length; k += 2) {
    const x0 = expected(x[k], x[k + 1], i + 1);
    for (const axis of [0, 1]) {
      mu[k + axis] = tables.weightXt[i] * x[k + axis] + tables.weightX0[i] * x0[axis]; // (N9)
      after[k + axis] = mu[k + axis] + scale * z[k + axis]; // (N11)
    }
  }
  return [mu, after];
}

function work() {
  const until = performance.now() + FRAME_BUDGET;
  while (frames.length <= 2 * K && performance.now() < until) {
    const p = frames.length, last = frames[p - 1];
    if (p <= K) frames.push(diffuse(p - 1, last));
    else {
      const [mu, after] = reconstruct(2 * K - p, last);
      means[p] = mu;
      frames.push(after);
    }
  }
  working = frames.length <= 2 * K;
  element.dataset.ready = !working;
  if (working) requestAnimationFrame(work);
  else tellVerdict();
  show();
}

// Forget the frames from p on and work them out again.
function workFrom(p) {
  frames.length = Math.min(frames.length, p);
  element.dataset.ready = false;
  part("verdict").textContent = text.computing;
  part("scale").textContent = say("sigma", { scale: Number(sigma.value).toFixed(1) });
  if (!working) {
    working = true;
    requestAnimationFrame(work);
  }
}

function restart() {
  points = floatsOf(props.value.points[part("shape").value]);
  const uniform = uniforms(seed), n = points.length / 2;
  const start = new Float32Array(2 * PARTICLES);
  for (let k = 0; k < PARTICLES; k++) {
    const j = Math.floor(uniform() * n);
    start.set(points.subarray(2 * j, 2 * j + 2), 2 * k);
  }
  [frames, means] = [[start], []];
  workFrom(1);
}

function tellVerdict() {
  const ends = frames[2 * K], reached = new Set();
  for (let k = 0; k < ends.length; k += 2) {
    let best = 0, least = Infinity;
    for (let j = 0; j < points.length; j += 2) {
      const distance = (ends[k] - points[j]) ** 2 + (ends[k + 1] - points[j + 1]) ** 2;
      if (distance < least) [best, least] = [j, distance];
    }
    reached.add(best);
  }
  element.dataset.reached = reached.size;
  const values = { n: PARTICLES, reached: reached.size, m: points.length / 2, scale: Number(sigma.value).toFixed(1) };
  part("verdict").textContent = say(Number(sigma.value) === 0 ? "stuck" : "reached", values);
}

function show() {
  const p = Math.min(Number(timeline.value), frames.length - 1);
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || 480;
  if (canvas.height !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d"), style = getComputedStyle(part("canvas").parentElement);
  const ink = (name) => style.getPropertyValue(`--${name}`);
  const px = (v) => ((v + REACH) / (2 * REACH)) * side, py = (v) => side - px(v);
  const dot = (x, y, r) => { context.moveTo(px(x) + r, py(y)); context.arc(px(x), py(y), r, 0, 7); };
  const unit = side / 480;
  context.clearRect(0, 0, side, side);
  context.fillStyle = ink("point");
  context.beginPath();
  for (let j = 0; j < points.length; j += 2) dot(points[j], points[j + 1], 1.2 * unit);
  context.fill();

  const lines = (name, from, to, age) => {
    context.strokeStyle = ink(name);
    context.globalAlpha = Math.max(0.05, 1 - age / TAIL);
    context.beginPath();
    for (let k = 0; k < 2 * TRACKED; k += 2) {
      context.moveTo(px(from[k]), py(from[k + 1]));
      context.lineTo(px(to[k]), py(to[k + 1]));
    }
    context.stroke();
  };
  context.lineWidth = 1.5 * unit;
  for (let q = p <= K ? 1 : K + 1; q <= p; q++) {
    if (p <= K) lines("walk", frames[q - 1], frames[q], p - q);
    else {
      lines("direction", frames[q - 1], means[q], p - q);
      lines("disturbance", means[q], frames[q], p - q);
    }
  }
  context.globalAlpha = 1;
  context.fillStyle = ink("particle");
  context.beginPath();
  for (let k = 0; k < frames[p].length; k += 2) dot(frames[p][k], frames[p][k + 1], (k < 2 * TRACKED ? 4 : 2) * unit);
  context.fill();
  const clock = say(p <= K ? "forward" : "reverse", { t: tables.t[indexOf(p)] });
  part("clock").textContent = clock;
  timeline.setAttribute("aria-valuetext", clock);
  element.dataset.frame = p;
}

function beginPlaying() {
  at = Number(timeline.value) % (2 * K); // at the end, from the beginning
}

function move(seconds) {
  at = Math.min(at + seconds * STEPS_PER_SECOND, frames.length - 1);
  timeline.value = Math.floor(at);
  show();
  return at < 2 * K;
}

const { pause } = playback(playButton, beginPlaying, move);
timeline.addEventListener("input", () => { pause(); show(); });
sigma.addEventListener("input", () => workFrom(K + 1));
part("shape").addEventListener("change", restart);
part("again").addEventListener("click", () => { seed++; restart(); });
new ResizeObserver(show).observe(canvas);
restart();
