// The derivation of N8–N10, line by line: which of the lines of #bayes_derivation are there, the
// current one in numbers, and what the machine made of it.
import { viewOf } from "../../../web/page.js";
import { densitiesOf, exponentsOf, factsOf } from "../facts.js";
import { READINGS } from "../readings.js";
import { state } from "../state.js";
import { told } from "../told.js";

const LIST = "#bayes_derivation ol > li";

// Every number that a line may name.
function numbersOf(f) {
  const [likelihoodExponent, priorExponent, jumpExponent] = exponentsOf(f, f.x);
  return {
    ...f,
    ...densitiesOf(f, f.x),
    likelihoodExponent,
    priorExponent,
    jumpExponent,
    exponent: likelihoodExponent + priorExponent - jumpExponent,
    rootAlpha: f.root.alpha,
    rootAlphaBarT: f.root.alphaBarT,
    noiseT: f.root.noiseVarT,
    fromXt: (f.root.alpha * f.xt) / f.beta,
    fromX0: (f.root.alphaBarS * f.x0) / f.noiseVarS,
    precisionXt: f.precisions[0],
    precisionX0: f.precisions[1],
    priorMean: f.centres[1],
    scaledXt: f.centres[0],
    part: f.beta / f.root.noiseVarT,
  };
}

class Derivation {
  drawn = 0; // the line whose switches are there

  constructor({ element, props }) {
    this.view = viewOf(element, props.strings);
    const { part, text } = this.view;
    this.lines = Object.keys(text).filter((key) => /^line\d+$/.test(key)).length;
    this.shown = document.createElement("style");
    element.append(this.shown);
    part("next").addEventListener("click", () => this.go((state.line % this.lines) + 1));
    part("back").addEventListener("click", () => this.go(Math.max(1, state.line - 1)));
    state.watch(() => this.draw());
    this.draw();
  }

  go(line) {
    state.set({ line, reading: null });
  }

  draw() {
    const { part, text, say } = this.view,
      { line, reading, table } = state;
    const colour = reading ? "var(--error-border-color)" : "var(--color-accent)";
    this.shown.textContent =
      `${LIST} { padding-left: 8px; }` +
      `${LIST}:nth-child(n + ${line + 1}) { display: none; }` +
      `${LIST}:nth-child(${line}) { box-shadow: -6px 0 0 -3px ${colour}; }`;
    part("next").textContent = line === this.lines ? text.restart : text.next;
    part("back").setAttribute("aria-disabled", line === 1);
    part("line").textContent = say("line", { line, lines: this.lines });
    if (this.drawn !== line) this.offer(line);
    for (const box of part("switches").querySelectorAll("input"))
      box.checked = box.value === reading;
    if (table) this.tell(factsOf(state));
  }

  // The switches of a line's misreadings.
  offer(line) {
    const { part, text } = this.view,
      names = Object.keys(READINGS).filter((name) => READINGS[name].line === line);
    const switches = names.map((value) => {
      const label = document.createElement("label"),
        box = document.createElement("input");
      Object.assign(box, { type: "checkbox", value, role: "switch" });
      box.addEventListener("change", () => state.set({ reading: box.checked ? value : null }));
      label.append(box, text[value]);
      return label;
    });
    part("switches").replaceChildren(...switches);
    part("misreadings").hidden = !names.length;
    this.drawn = line;
  }

  tell(f) {
    const { part, say } = this.view,
      numbers = numbersOf(f),
      { line, reading } = state;
    part("numbers").textContent = say(`line${line}`, told(numbers));
    part("verdict").hidden = !reading;
    if (!reading) return;
    const wrong = READINGS[reading].of(f);
    const key = wrong.density || wrong.variance === 0 ? `${reading}Verdict` : "noGaussian";
    part("verdict").textContent = say(
      key,
      told({
        ...numbers,
        ...wrong.told,
        wrongMean: wrong.mean,
        wrongSigma: Math.sqrt(Math.max(0, wrong.variance)),
      }),
    );
  }
}

export function mount(page) {
  new Derivation(page);
}
