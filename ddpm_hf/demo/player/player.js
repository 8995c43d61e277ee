// The player. Frames arrive in chunks while the server samples; everything else happens here:
// scrubbing, playing and speed ask nothing of the server.
const language = navigator.language.startsWith("zh") ? "zh" : "en";
const text = props.texts[language];
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const timeline = part("timeline"), playButton = part("play"), speed = part("speed");
const FRAMES_PER_SECOND = 25;

let run = null; // {id, frames: [{t, noisy, predicted}], total, shape...} of the latest run
let position = 0; // the frame on show
let playing = false;
let following = true; // show each frame as it comes, until the reader takes over

for (const node of element.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
part("noisy").setAttribute("aria-label", text.noisy);
part("predicted").setAttribute("aria-label", text.predicted);
timeline.setAttribute("aria-label", text.timeline);
playButton.textContent = text.play;

function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// Draw `count` RGB pictures, one after the other in `pixels`, as a grid.
function draw(canvas, pixels) {
  const { count, width, height } = run;
  const columns = Math.ceil(Math.sqrt(count)), rows = Math.ceil(count / columns);
  if (canvas.width !== columns * width || canvas.height !== rows * height) {
    canvas.width = columns * width;
    canvas.height = rows * height;
    canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  }
  const context = canvas.getContext("2d");
  for (let n = 0; n < count; n++) {
    const image = context.createImageData(width, height);
    const offset = n * width * height * 3;
    for (let i = 0; i < width * height; i++) {
      image.data[4 * i] = pixels[offset + 3 * i];
      image.data[4 * i + 1] = pixels[offset + 3 * i + 1];
      image.data[4 * i + 2] = pixels[offset + 3 * i + 2];
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, (n % columns) * width, Math.floor(n / columns) * height);
  }
}

function show(index) {
  position = Math.max(0, Math.min(index, run.frames.length - 1));
  const frame = run.frames[position];
  draw(part("noisy"), frame.noisy);
  draw(part("predicted"), frame.predicted);
  timeline.value = position;
  timeline.setAttribute("aria-valuetext", `t = ${frame.t}`);
  part("clock").textContent = `t = ${frame.t}`;
  part("save").hidden = !run.complete;
}

function setPlaying(value) {
  playing = value;
  playButton.textContent = playing ? text.pause : text.play;
  if (!playing) return;
  if (position >= run.frames.length - 1) show(0);
  let last = performance.now(), owed = 0;
  const tick = (now) => {
    if (!playing) return;
    owed += ((now - last) / 1000) * FRAMES_PER_SECOND * Number(speed.value);
    last = now;
    if (owed >= 1) {
      show(position + Math.floor(owed));
      owed %= 1;
    }
    if (position >= run.frames.length - 1 && run.ended) setPlaying(false);
    else requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function receive(chunk) {
  if (!chunk) return;
  if (!run || run.id !== chunk.run) {
    const { count, width, height, total } = chunk;
    run = { id: chunk.run, frames: [], complete: false, ended: false, count, width, height, total };
    following = true;
    setPlaying(false);
    timeline.max = total - 1;
  }
  const bytes = bytesOf(chunk.data);
  const size = run.count * run.width * run.height * 3;
  chunk.t.forEach((t, i) => {
    const start = 2 * i * size;
    run.frames.push({
      t,
      noisy: bytes.subarray(start, start + size),
      predicted: bytes.subarray(start + size, start + 2 * size),
    });
  });
  run.complete = run.ended = run.frames.length >= run.total;
  element.dataset.frames = run.frames.length;
  element.dataset.complete = run.complete;
  timeline.disabled = playButton.disabled = false;
  part("status").textContent = run.complete
    ? text.done
    : text.sampling.replace("{percent}", Math.round((100 * run.frames.length) / run.total));
  if (following) show(run.frames.length - 1);
  if (run.complete) {
    const shown = position;
    show(run.frames.length - 1);
    part("save").href = part("noisy").toDataURL("image/png");
    show(shown);
  }
}

timeline.addEventListener("input", () => {
  following = false;
  setPlaying(false);
  show(Number(timeline.value));
});
playButton.addEventListener("click", () => {
  following = false;
  setPlaying(!playing);
});

window.addEventListener("player-stop", () => {
  if (!run || run.ended) return;
  run.ended = true;
  timeline.max = run.frames.length - 1;
  part("status").textContent = text.stopped;
});
watch("value", () => receive(props.value));
receive(props.value);
