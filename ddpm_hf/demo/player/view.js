// Timeline, play, speed, loop, keys, and one picture alone.
const timeline = part("timeline"), playButton = part("play"), picture = part("picture");
const FRAMES_PER_SECOND = 25;

let following = true; // show each frame as it comes, until the reader takes over
let owed = 0; // frames to move on, less than one

picture.append(new Option(text.all, ""));

function show(index) {
  position = Math.max(0, Math.min(index, run.frames.length - 1));
  const frame = run.frames[position];
  for (const name of SCREENS) draw(part(name), frame[name]);
  timeline.value = position;
  timeline.setAttribute("aria-valuetext", `t = ${frame.t}`);
  part("clock").textContent = `t = ${frame.t}`;
  part("noise_caption").textContent = text[frame.t === 0 ? "no_noise" : "noise"];
  moveCursor();
  markFilmstrip();
}

// The reader chose a frame.
function takeOver(index) {
  if (!run) return;
  following = false;
  pause();
  show(index);
}

const atEnd = () => position >= run.frames.length - 1;

function beginPlaying() {
  following = false;
  if (atEnd()) show(0);
}

function move(seconds) {
  const again = part("loop").checked;
  owed += seconds * FRAMES_PER_SECOND * Number(part("speed").value);
  if (owed >= 1) show(atEnd() && again ? 0 : position + Math.floor(owed));
  owed %= 1;
  return again || !(atEnd() && run.ended);
}

const { pause, toggle } = playback(playButton, beginPlaying, move);

function showAlone(n) {
  alone = n;
  picture.value = n ?? "";
  show(position);
  drawFilmstrip();
}

function begin() {
  following = true;
  pause();
  alone = null;
  timeline.max = run.total - 1;
  timeline.disabled = playButton.disabled = picture.disabled = false;
  part("save").hidden = true;
  picture.replaceChildren(new Option(text.all, ""));
  for (let n = 0; n < run.count; n++) picture.append(new Option(n + 1, n));
  drawCourse();
}

function offerPng() {
  const was = alone;
  alone = null;
  const canvas = document.createElement("canvas");
  draw(canvas, run.frames.at(-1).noisy);
  alone = was;
  part("save").href = canvas.toDataURL("image/png");
  part("save").hidden = false;
}

function arrived() {
  if (!props.value) return;
  if (receive(props.value)) begin();
  tellFrames();
  drawFilmstrip();
  if (following) show(run.frames.length - 1);
  if (run.complete) offerPng();
}

timeline.addEventListener("input", () => takeOver(Number(timeline.value)));
picture.addEventListener("change", () => showAlone(picture.value === "" ? null : Number(picture.value)));
for (const name of SCREENS) {
  part(name).addEventListener("click", (event) => {
    if (!run || run.count === 1) return;
    if (alone !== null) return showAlone(null);
    const box = part(name).getBoundingClientRect(), columns = columnsOf(run.count);
    const rows = Math.ceil(run.count / columns);
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const n = Math.floor(((event.clientY - box.top) / box.height) * rows) * columns + column;
    if (n < run.count) showAlone(n);
  });
}

const KEYS = {
  ArrowLeft: () => takeOver(position - 1),
  ArrowRight: () => takeOver(position + 1),
  Home: () => takeOver(0),
  End: () => takeOver(run.frames.length - 1),
  " ": toggle,
  Escape: () => showAlone(null),
};

// Keys work in the player, and in the open page where nothing else has the focus.
document.addEventListener("keydown", (event) => {
  const target = event.target, visible = element.offsetParent !== null;
  const ours = target === document.body || element.contains(target);
  if (!run || !visible || !ours || !(event.key in KEYS)) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const hasOwnSpace = target.matches("button, a, select, input[type=checkbox]");
  if (target.matches("select") ? event.key !== "Escape" : hasOwnSpace && event.key === " ") return;
  event.preventDefault();
  KEYS[event.key]();
});

tellStatus();
watch("value", arrived);
arrived();
