// The overview: x_0 ⇄ x_T. To noise by N4 in the page; back by a recorded run, to the same picture.
import { paint } from "../../../web/canvas.js";
import { qSample } from "../../../web/engine/equations.js";
import { toPixels } from "../../../web/engine/pixels.js";
import { isStill, viewOf } from "../../../web/page.js";
import { unitOf } from "../../../web/picture/unit.js";
import { fillNormal } from "../../../web/random.js";
import { recorded } from "../../../web/recorded/recorded.js";

const MS = 350; // from one picture to the next

const opening = (view) => new CustomEvent("open-view", { detail: view });

// Pictures from x_0 to x_T: RGB bytes, of one size.
function noised(picture, rates, shape) {
  const x0 = unitOf(picture),
    z = new Float32Array(picture.length);
  fillNormal(z, 1);
  return rates.map((rate) => toPixels(x0.map((x, k) => qSample(rate, x, z[k])), shape));
}

class Overview {
  #timer = null;

  constructor({ element, props }) {
    this.view = viewOf(element, props.strings);
    for (const lane of ["training", "inference"])
      this.view.part(lane).addEventListener("click", () => this.play(lane));
    element.addEventListener("click", (event) => this.open(event));
  }

  open(event) {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const tab = new URL(link.href).searchParams.get("tab");
    if (tab === "generate") document.querySelector("#generate").focus();
    else window.dispatchEvent(opening(tab));
  }

  // chunk: of the recorded run, from noise to picture, with `rates` for each frame.
  show(chunk) {
    const { part, say } = this.view,
      { t, width, height } = chunk,
      shape = { channels: 3, width, height },
      { data } = chunk,
      size = data.length / t.length;
    const back = t.map((_, i) => data.subarray(i * size, (i + 1) * size)).reverse();
    this.ways = { training: noised(back[0], [...chunk.rates].reverse(), shape), inference: back };
    this.shape = shape;
    const figures = [...t].reverse().map((at, i) => {
      const figure = document.createElement("figure"),
        name = i === 0 ? "x₀" : i === t.length - 1 ? "x_T" : `t = ${at}`;
      figure.innerHTML = "<canvas></canvas><figcaption></figcaption>";
      figure.lastChild.textContent = name;
      return figure;
    });
    part("frames").replaceChildren(...figures);
    part("drawn").textContent = say("stage", chunk);
    this.draw("inference", figures.keys());
  }

  draw(lane, stations) {
    const { width, height } = this.shape,
      figures = this.view.part("frames").children;
    for (const i of stations) {
      paint(figures[i].firstChild, width, height, this.ways[lane][i]);
      figures[i].classList.add("seen");
    }
  }

  // The pictures of a lane one after another in its direction; the other lane follows if asked.
  play(lane, next = null) {
    const { part } = this.view,
      figures = Array.from(part("frames").children),
      order = [...figures.keys()];
    if (lane === "inference") order.reverse();
    clearTimeout(this.#timer);
    for (const name of ["training", "inference"])
      part(name).parentElement.classList.toggle("alive", name === lane);
    for (const figure of figures) figure.classList.remove("seen", "at");
    const step = () => {
      const at = order.shift();
      for (const figure of figures) figure.classList.remove("at");
      if (at === undefined) return this.end(next);
      this.draw(lane, [at]);
      figures[at].classList.add("at");
      this.#timer = setTimeout(step, MS);
    };
    step();
  }

  end(next) {
    if (next) return this.play(next);
    for (const lane of ["training", "inference"])
      this.view.part(lane).parentElement.classList.remove("alive");
  }
}

export async function mount(page) {
  const overview = new Overview(page);
  overview.show(await recorded("overview"));
  if (!isStill()) overview.play("training", "inference");
}
