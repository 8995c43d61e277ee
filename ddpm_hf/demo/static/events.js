// Gradio's events that run in the page, without Gradio.
const isUpdate = (value) => value?.__type__ === "update";

export class Events {
  // events: {targets: [[block, name]], after: the number of an event, inputs, outputs, run}.
  // parts: block → what stands there, with a value.
  constructor(events, parts) {
    Object.assign(this, { events, parts });
  }

  // Once all that is being put in now is there.
  fire(block, name) {
    const isMeant = ({ targets }) =>
      targets.some(([at, called]) => at === block && called === name);
    queueMicrotask(() =>
      this.events.forEach((event, number) => isMeant(event) && this.#run(number)),
    );
  }

  async #run(number) {
    const { inputs, outputs, run } = this.events[number];
    const result = await run(...inputs.map((block) => this.parts.get(block).value));
    const values = Array.isArray(result) ? result : [result]; // as Gradio takes them
    outputs.forEach((block, i) => this.#put(this.parts.get(block), values[i]));
    this.events.forEach(({ after }, next) => after === number && this.#run(next));
  }

  #put(part, value) {
    if (isUpdate(value)) part.update(value);
    else part.value = value;
  }
}
