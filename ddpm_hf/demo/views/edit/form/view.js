// The form of the Edit view: what is shown follows the kind of edit; the mask is drawn here.
import { base64Of, bytesOf } from "../../../web/binary.js";
import { paint } from "../../../web/canvas.js";
import { viewOf } from "../../../web/page.js";
import { AREAS, dabbed, filled, tinted } from "./mask.js";

const NUMBERS = ["t", "times", "seed", "other"];
const FIRST_T = { start: 700, repaint: 2000, pictures: 500 }; // until the reader moves it

// Which of the picture inputs a kind takes.
const PICTURES = { "edit-picture": ["start", "repaint", "pictures"], "edit-other": ["pictures"] };

// The inputs of pictures that this kind takes; their column is away where it takes none.
function showPictures(kind) {
  for (const [id, kinds] of Object.entries(PICTURES))
    document.getElementById(id).style.display = kinds.includes(kind) ? "" : "none";
  const column = document.getElementById("edit-picture").parentElement;
  column.style.display = kind === "seeds" ? "none" : "";
}

class Form {
  #startsAt = { ...FIRST_T };

  constructor({ element, props, trigger }) {
    Object.assign(this, { element, props, trigger, view: viewOf(element, props.strings) });
    const { part, text } = this.view;
    this.picture = bytesOf(props.picture);
    Object.assign(part("t"), { min: props.step, max: props.step * props.signals.length });
    part("t").step = props.step;
    part("times").max = props.mostTimes;
    for (const name of NUMBERS)
      part(name).addEventListener("input", () => this.put({ [name]: this.#numberOf(name) }));
    part("fast").addEventListener("input", ({ target }) => this.put({ fast: target.checked }));
    part("kinds").addEventListener("change", ({ target }) => this.choose(target.value));
    part("areas").replaceChildren(
      ...Object.keys(AREAS).map((area) => this.#button(area, text[area])),
    );
    document.addEventListener("picture", ({ target, detail }) => {
      if (!target.closest("#edit-picture")) return;
      this.picture = bytesOf(detail);
      this.show();
    });
    this.listenToPointer(part("mask"));
    this.show();
  }

  get value() {
    return this.props.value;
  }

  #numberOf(name) {
    const { value } = this.view.part(name);
    return value === "" ? null : Number(value);
  }

  #button(area, words) {
    const button = Object.assign(document.createElement("button"), { textContent: words });
    button.type = "button";
    button.addEventListener("click", () => this.putMask(filled(area, this.props.side)));
    return button;
  }

  choose(kind) {
    this.put({ kind, t: this.#startsAt[kind] ?? this.value.t });
  }

  put(change) {
    if (change.t && !change.kind) this.#startsAt[this.value.kind] = change.t;
    this.props.value = { ...this.value, ...change };
    this.show();
    this.trigger("input");
  }

  putMask(mask) {
    this.put({ mask: base64Of(mask) });
  }

  // A stroke is dabs at every pixel or so, however fast the pointer is.
  listenToPointer(canvas) {
    let last = null;
    const at = (event) => {
      const { left, top, width, height } = canvas.getBoundingClientRect(),
        { side } = this.props;
      return [((event.clientX - left) / width) * side, ((event.clientY - top) / height) * side];
    };
    const stroke = (event) => {
      const to = at(event),
        from = last ?? to,
        dabs = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])) || 1;
      let mask = bytesOf(this.value.mask);
      for (let i = 1; i <= dabs; i++) {
        const [x, y] = from.map((start, axis) => start + ((to[axis] - start) * i) / dabs);
        mask = dabbed(mask, this.props.side, x, y, Number(!this.view.part("keep").checked));
      }
      last = to;
      this.putMask(mask);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = null;
      stroke(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) stroke(event);
    });
  }

  show() {
    const { part, say } = this.view,
      { value, props } = this,
      { kind } = value;
    for (const radio of part("kinds").querySelectorAll("input"))
      radio.checked = radio.value === kind;
    for (const node of this.element.querySelectorAll("[data-for]"))
      node.hidden = !node.dataset.for.split(" ").includes(kind);
    showPictures(kind);
    for (const name of NUMBERS)
      if (this.#numberOf(name) !== value[name]) part(name).value = value[name] ?? "";
    const signal = props.signals[value.t / props.step - 1],
      T = Number(part("t").max);
    part("tValue").textContent = say("tValue", {
      t: value.t,
      strength: (value.t / T).toFixed(2),
      percent: signal < 0.01 ? (100 * signal).toPrecision(1) : Math.round(100 * signal),
    });
    part("timesValue").textContent = say("timesValue", value);
    paint(part("mask"), props.side, props.side, tinted(this.picture, bytesOf(value.mask)));
  }
}

export const mount = (page) => new Form(page);
