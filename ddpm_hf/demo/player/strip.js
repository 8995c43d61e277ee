// Under the timeline: the lines of the schedule with a cursor at t, and the filmstrip.
const LINES = ["root_alpha_bar", "sigma", "weight_xt", "weight_x0"];
const THUMBNAILS = 9;

// The strip is as wide as the timeline: frame i stands at i of total − 1, the picture at the end.
const across = (index) => (1000 * index) / (run.total - 1);

function drawCourse() {
  part("course").hidden = !run.course;
  if (!run.course) return;
  const top = Math.max(1, ...LINES.flatMap((name) => run.course[name]));
  for (const name of LINES) {
    const points = run.course[name].map((y, i) => `${across(i)} ${97 - (94 * y) / top}`);
    part("strip").querySelector(`[data-line=${name}]`).setAttribute("d", `M${points.join("L")}`);
  }
}

function moveCursor() {
  if (!run.course) return;
  for (const end of ["x1", "x2"]) part("cursor").setAttribute(end, across(position));
  for (const name of LINES) {
    const value = run.course[name][position]; // the picture itself takes no step
    element.querySelector(`[data-value=${name}]`).textContent = value?.toFixed(3) ?? "";
  }
}

function drawFilmstrip() {
  const film = part("filmstrip"), last = run.total - 1;
  const count = Math.min(THUMBNAILS, run.total);
  if (film.dataset.run !== run.id) {
    film.dataset.run = run.id;
    film.hidden = false;
    film.replaceChildren();
    for (let i = 0; i < count; i++) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.frame = Math.round((i * last) / Math.max(1, count - 1));
      button.disabled = true;
      button.append(document.createElement("canvas"), document.createElement("span"));
      button.addEventListener("click", () => takeOver(Number(button.dataset.frame)));
      film.append(button);
    }
  }
  for (const button of film.children) {
    const frame = run.frames[button.dataset.frame], wanted = `${alone}`;
    if (!frame || button.dataset.drawn === wanted) continue;
    button.dataset.drawn = wanted;
    button.disabled = false;
    const canvas = button.firstChild, context = canvas.getContext("2d");
    resize(canvas, run.width, 2 * run.height);
    put(context, frame.noisy, alone ?? 0, 0, 0);
    put(context, frame.predicted, alone ?? 0, 0, run.height);
    button.lastChild.textContent = `t=${frame.t}`;
  }
}

function markFilmstrip() {
  for (const button of part("filmstrip").children) {
    button.setAttribute("aria-pressed", Number(button.dataset.frame) === position);
  }
}

part("strip").addEventListener("pointerdown", (event) => {
  const box = part("strip").getBoundingClientRect();
  takeOver(Math.round(((event.clientX - box.left) / box.width) * (run.total - 1)));
});
