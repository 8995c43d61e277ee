// A view of the page: its script, mounted as Gradio mounts it, when it is first to be seen.
export class View {
  #watchers = [];
  #mounted = null;

  // file: {module, props}, the addresses of its script and of what Python gave it.
  // fire(event): one of Gradio's events of this view.
  constructor(node, file, fire) {
    Object.assign(this, { node, file, fire, props: {} });
  }

  get value() {
    return this.props.value ?? null;
  }

  set value(value) {
    this.props.value = value;
    for (const watcher of this.#watchers) watcher();
  }

  update({ value }) {
    if (value !== undefined) this.value = value;
  }

  mount() {
    this.#mounted ??= this.#mount();
    return this.#mounted;
  }

  async #mount() {
    const [view, given] = await Promise.all([
      import(new URL(this.file.module, document.baseURI)),
      fetch(new URL(this.file.props, document.baseURI)).then((response) => response.json()),
    ]);
    Object.assign(this.props, { ...given, ...this.props }); // a value may have come before
    view.mount({
      element: this.node,
      props: this.props,
      trigger: (event) => this.fire(event),
      watch: (_, watcher) => this.#watchers.push(watcher),
    });
  }
}
