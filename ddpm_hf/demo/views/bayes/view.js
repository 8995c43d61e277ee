// The Bayes view: two Gaussians, multiplied and divided by a third, on one axis x_s.
import { doublesOf } from "../../web/binary.js";
import { digits } from "../../web/digits.js";
import { viewOf } from "../../web/page.js";
import { drawCloud } from "./cloud.js";
import { drawDensities, heldAt } from "./densities.js";
import { densitiesOf, exponentsOf, factsOf } from "./facts.js";
import { drawLever } from "./lever.js";
import { drawParabolas } from "./parabolas.js";
import { READINGS } from "./readings.js";
import { TEST, chiSquare, countsOf, inSlit, noisesOf, pairsOf, slitOf } from "./sampling.js";
import { FIRST, state } from "./state.js";
import { told } from "./told.js";

const SLIDERS = ["x0", "xt", "s", "t", "x"];
const NEEDLE = 3; // one factor is so many times as wide as the other

const percent = (share) => `${(100 * share).toFixed(1)} %`;

class Bayes {
  seed = 1;
  noises = null; // of the sampled pairs; drawn when they are first asked for

  constructor({ element, props }) {
    this.view = viewOf(element, props.strings);
    const { part } = this.view;
    for (const name of ["s", "t"]) part(name).max = props.T - (name === "s" ? 1 : 0);
    for (const name of SLIDERS)
      part(name).addEventListener("input", () => this.put(name, Number(part(name).value)));
    part("first").addEventListener("click", () => state.set(FIRST));
    part("neighbours").addEventListener("click", () => state.set({ s: state.t - 1 }));
    part("sampled").addEventListener("change", () => this.draw());
    part("again").addEventListener("click", () => {
      this.noises = noisesOf(++this.seed);
      part("sampled").checked = true;
      this.draw();
    });
    this.listenToDrags(part("densities"));
    state.watch(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(part("densities"));
  }

  // s and t push each other along, for s < t.
  put(name, value) {
    const pushed = {
      s: { t: Math.max(state.t, value + 1) },
      t: { s: Math.min(state.s, value - 1) },
    };
    state.set({ [name]: value, ...pushed[name] });
  }

  listenToDrags(svg) {
    const drag = (event) => {
      const { min, max } = this.view.part(this.held),
        at = this.area.under(event, svg);
      this.put(this.held, Math.round(100 * Math.max(min, Math.min(max, at))) / 100);
    };
    svg.addEventListener("pointerdown", (event) => {
      this.held = heldAt(event, svg);
      svg.setPointerCapture(event.pointerId);
      drag(event);
    });
    svg.addEventListener("pointermove", (event) => {
      if (svg.hasPointerCapture(event.pointerId)) drag(event);
    });
  }

  draw() {
    const { part } = this.view;
    if (!part("densities").clientWidth) return; // in a closed tab
    const f = factsOf(state),
      wrong = state.reading && READINGS[state.reading].of(f);
    part("sample").hidden = !part("sampled").checked;
    const counts = part("sampled").checked ? this.sample(f) : null;
    this.area = drawDensities(part("densities"), f, wrong, counts);
    drawParabolas(part("parabolas"), f, wrong);
    drawLever(part("lever"), f, wrong);
    this.tell(f, wrong);
  }

  tell(f, wrong) {
    const { part, say } = this.view;
    for (const name of SLIDERS) {
      part(name).value = state[name];
      part(`${name}Value`).textContent = say(`${name}Value`, told(state));
    }
    this.legend(f, wrong);
    part("sure").textContent = this.sureness(f);
    const [likelihood, prior, jump] = exponentsOf(f, f.x);
    const sum = {
      likelihood,
      prior,
      jump,
      sum: likelihood + prior,
      rest: likelihood + prior - jump,
    };
    this.write("sum", { x: f.x, ...sum });
    const [one, other] = f.precisions.map((precision) => precision / f.A);
    part("bar").firstChild.style.flexGrow = one;
    part("bar").lastChild.style.flexGrow = other;
    part("shares").textContent = say("shares", {
      ...told({ ...f, one: f.precisions[0], other: f.precisions[1] }),
      share: percent(one),
      rest: percent(other),
    });
    this.write("balance", { ...f, one: f.centres[0], other: f.centres[1] });
  }

  write(name, numbers) {
    this.view.part(name).textContent = this.view.say(name, told(numbers));
  }

  legend(f, wrong) {
    const { part, text } = this.view,
      values = { ...densitiesOf(f, f.x), normaliser: f.normaliser };
    if (wrong?.density) values.wrong = wrong.density(f.x);
    const keys = Object.entries(values).map(([name, value]) =>
      Object.assign(document.createElement("span"), {
        className: `key ${name}`,
        textContent: `${text[name]} = ${digits(value)}`,
      }),
    );
    part("legend").replaceChildren(...keys);
  }

  // Which of the two factors is the surer.
  sureness(f) {
    const widths = [Math.sqrt(f.beta / f.alpha), Math.sqrt(f.noiseVarS)],
      [one, other] = widths,
      key = other / one > NEEDLE ? "needle" : one / other > NEEDLE ? "plateau" : "alike";
    return this.view.say(f.t - f.s === 1 && key === "needle" ? "neighbour" : key, {
      ...told({ one, other, stride: f.t - f.s, rise: f.sigma }),
      share: percent(f.precisions[0] / f.A),
      rest: percent(f.precisions[1] / f.A),
    });
  }

  sample(f) {
    this.noises ??= noisesOf(this.seed);
    const { part, say } = this.view,
      pairs = pairsOf(this.noises, f),
      half = slitOf(f),
      kept = inSlit(pairs, f.xt, half),
      counts = countsOf(kept, f),
      found = chiSquare(counts);
    drawCloud(part("cloud"), pairs, f.xt, half);
    const key = kept.length < TEST.fewest ? "few" : found < TEST.usual ? "agrees" : "unusual";
    part("test").textContent = say(key, {
      ...TEST,
      ...told({ xt: f.xt, half, found }),
      n: kept.length,
    });
    return kept.length ? counts : null;
  }
}

export function mount(page) {
  new Bayes(page);
  state.set({ table: doublesOf(page.props.value.logAlphaBar) });
}
