// The page's plain controls: what each kind holds, and what Gradio's updates do to it.
const field = (node) => node.querySelector("input, select");
const numberIn = (text) => (text === "" ? null : Number(text));

// Of a list's options, the one nearest to a number that may not be among them.
function nearestOption(select, number) {
  const shown = Array.from(select.options).filter((option) => !option.hidden);
  const distance = (option) => Math.abs(Number(option.value) - number);
  return shown.reduce((best, option) => (distance(option) < distance(best) ? option : best));
}

const number = {
  read: (node) => numberIn(field(node).value),
  write: (node, value) => {
    field(node).value = value;
  },
};
const text = { read: (node) => field(node).value, write: number.write };

// A value that is not among the choices is kept until others come, as a link may name it first.
function choose(node, value) {
  const select = field(node);
  select.querySelector("[data-stray]")?.remove();
  if (!Array.from(select.options).some((option) => option.value === value)) {
    const stray = select.appendChild(new Option(value, value));
    stray.dataset.stray = "";
  }
  select.value = value;
}

// kind → {read(node), write(node, value)}; a kind without both is a button, or text alone.
const KINDS = {
  number,
  text,
  dropdown: { read: text.read, write: choose },
  slider: {
    read: number.read,
    write: (node, value) => {
      for (const input of node.querySelectorAll("input")) input.value = value;
    },
  },
  numbers: {
    read: number.read,
    write: (node, value) => {
      const option = nearestOption(field(node), value);
      option.selected = true;
      node.querySelector("[data-nearest]").hidden = Number(option.value) === value;
    },
  },
  radio: {
    read: (node) => node.querySelector("input:checked")?.value ?? null,
    write: (node, value) => {
      for (const input of node.querySelectorAll("input")) input.checked = input.value === value;
    },
  },
  checkbox: {
    read: (node) => field(node).checked,
    write: (node, value) => {
      field(node).checked = value;
    },
  },
  code: {
    read: (node) => node.querySelector("code").textContent,
    write: (node, value) => {
      node.querySelector("code").textContent = value;
    },
  },
  html: {
    read: (node) => node.textContent,
    write: (node, value) => {
      node.textContent = value;
    },
  },
};

// What an update may change beside the value.
const CHANGES = {
  visible: (node, visible) => {
    node.hidden = !visible;
  },
  choices: (node, choices) =>
    field(node).replaceChildren(...choices.map(([label, value]) => new Option(label, value))),
  maximum: (node, maximum) => {
    for (const input of node.querySelectorAll("input")) input.max = maximum;
    for (const option of node.querySelectorAll("option"))
      option.hidden = Number(option.value) > maximum;
  },
};

// A slider's two inputs show one value.
function follow(node) {
  node.addEventListener("input", ({ target }) => {
    for (const input of node.querySelectorAll("input"))
      if (input !== target) input.value = target.value;
  });
}

export class Control {
  // fire(event): "change", its value is another one; "input", the reader put it in; "click", it is a
  // button and was pressed.
  constructor(node, fire) {
    Object.assign(this, { node, fire, kind: KINDS[node.dataset.kind] });
    if (node.dataset.kind === "button") node.addEventListener("click", () => fire("click"));
    if (node.dataset.kind === "slider") follow(node);
    this.told = this.value;
    // What the reader chooses is written out.
    node.addEventListener("change", () => {
      for (const note of node.querySelectorAll("[data-nearest]")) note.hidden = true;
    });
    for (const name of ["input", "change"]) node.addEventListener(name, () => this.#tell());
    node.addEventListener("input", () => fire("input"));
  }

  get value() {
    return this.kind?.read(this.node);
  }

  set value(value) {
    this.kind.write(this.node, value);
    this.#tell();
  }

  update({ value, ...changes }) {
    for (const [name, change] of Object.entries(changes)) CHANGES[name]?.(this.node, change);
    if (value !== undefined) this.kind.write(this.node, value);
    this.#tell();
  }

  #tell() {
    if (this.value === this.told) return;
    this.told = this.value;
    this.fire("change");
  }
}
