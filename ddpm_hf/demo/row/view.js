// A row of pictures with one timeline. Frames arrive in chunks; scrubbing and playing ask nothing.
const FRAMES_PER_SECOND = 20;
const timeline = part("timeline"), playButton = part("play");
let run = null; // {id, total, frames: [{t, notes, pixels}], width, height, complete, ended}
let figures = [], position = 0, following = true;
let owed = 0; // frames to move on, less than one

// One picture with its caption above and its note below.
function figureFor(caption) {
  const figure = document.createElement("figure");
  figure.innerHTML = "<figcaption><b></b></figcaption><canvas role='img'></canvas><figcaption></figcaption>";
  const words = say(caption.key, caption);
  figure.querySelector("b").textContent = words;
  figure.querySelector("canvas").setAttribute("aria-label", words);
  figure.dataset.name = caption.key;
  return figure;
}

function show(index) {
  position = Math.max(0, Math.min(index, run.frames.length - 1));
  const { t, notes, pixels } = run.frames[position];
  const size = run.width * run.height * 3;
  figures.forEach((figure, n) => {
    paint(figure.querySelector("canvas"), run.width, run.height, pixels.subarray(n * size, (n + 1) * size));
    figure.lastChild.textContent = notes[n].key ? say(notes[n].key, notes[n]) : "";
  });
  timeline.value = position;
  timeline.setAttribute("aria-valuetext", `t = ${t}`);
  part("clock").textContent = `t = ${t}`;
}

const atEnd = () => position >= run.frames.length - 1;

function beginPlaying() {
  following = false;
  if (atEnd()) show(0);
}

function move(seconds) {
  owed += seconds * FRAMES_PER_SECOND;
  if (owed >= 1) show(position + Math.floor(owed));
  owed %= 1;
  return !(atEnd() && run.ended);
}

const { pause } = playback(playButton, beginPlaying, move);

function begin({ run: id, total, width, height, captions }) {
  run = { id, total, width, height, frames: [], complete: false, ended: false };
  figures = captions.map(figureFor);
  part("pictures").replaceChildren(...figures);
  part("verdict").textContent = "";
  timeline.max = total - 1;
  following = true;
  pause();
}

function receive() {
  const chunk = props.value;
  if (!chunk) return;
  if (!run || run.id !== chunk.run) begin(chunk);
  const bytes = bytesOf(chunk.data), size = bytes.length / chunk.t.length;
  chunk.t.forEach((t, i) => {
    run.frames.push({ t, notes: chunk.notes[i], pixels: bytes.subarray(i * size, (i + 1) * size) });
  });
  run.complete = run.ended = run.frames.length >= run.total;
  timeline.disabled = playButton.disabled = false;
  tellFrames();
  if (following) show(run.frames.length - 1);
  if (chunk.verdict) part("verdict").textContent = say(chunk.verdict.key, chunk.verdict);
  element.dataset.complete = run.complete;
}

timeline.addEventListener("input", () => {
  following = false;
  pause();
  show(Number(timeline.value));
});
tellStatus();
watch("value", receive);
receive();
