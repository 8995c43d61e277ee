// The tabs: one panel is open; the arrow keys go from tab to tab.
const KEYS = { ArrowRight: 1, ArrowLeft: -1 };

export class Tabs {
  // opened(panel): it is to be seen.
  constructor(node, opened) {
    Object.assign(this, { node, opened });
    this.buttons = Array.from(node.querySelectorAll("[role=tab]"));
    this.buttons.forEach((button, i) => {
      button.addEventListener("click", () => this.update({ selected: button.dataset.tabId }));
      button.addEventListener("keydown", ({ key }) => {
        const { length } = this.buttons;
        if (key in KEYS) this.#go((i + KEYS[key] + length) % length);
        if (key === "Home") this.#go(0);
        if (key === "End") this.#go(length - 1);
      });
    });
  }

  #go(i) {
    this.buttons[i].focus();
    this.buttons[i].click();
  }

  update({ selected }) {
    for (const button of this.buttons) {
      const isOpen = button.dataset.tabId === selected,
        panel = document.getElementById(button.getAttribute("aria-controls"));
      button.setAttribute("aria-selected", isOpen);
      button.tabIndex = isOpen ? 0 : -1;
      panel.hidden = !isOpen;
      if (isOpen) this.opened(panel);
    }
  }
}
