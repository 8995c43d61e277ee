// The page of plain files: its words, its views and its controls, without Gradio and without Python.
import { languageOf } from "../web/page.js";
import { Control } from "./controls.js";
import { Events } from "./events.js";
import { Tabs } from "./tabs.js";
import { View } from "./views.js";

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

function speak({ texts, html }) {
  for (const node of all("[data-words]")) node.textContent = texts[node.dataset.words];
  for (const node of all("[data-label-words]"))
    node.setAttribute("aria-label", texts[node.dataset.labelWords]);
  for (const node of all("[data-html]")) node.innerHTML = html[node.dataset.html];
  for (const node of all(".formula")) scrolling.observe(node);
}

// A formula that scrolls, for the screen is narrow, can be reached by the keyboard.
const scrolling = new ResizeObserver((entries) => {
  for (const { target } of entries)
    target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});

// What stands at a node, with a value.
function partAt(node, files, fire, opened) {
  const { block, kind } = node.dataset;
  if (kind === "tabs") return new Tabs(node, opened);
  if (kind === "page") return new View(node, files[block], (name) => fire(block, name));
  return new Control(node, (name) => fire(block, name));
}

// A row of examples puts the values of the pressed one into the controls.
function offer(examples, parts) {
  const blocks = examples.dataset.examples.split(" ");
  examples.addEventListener("click", ({ target }) => {
    const values = target.dataset.example?.split(",") ?? [];
    values.forEach((value, i) => parts.get(blocks[i]).update({ value: Number(value) }));
  });
}

const AFTER = 3000; // milliseconds: what the page itself needs, and the weights, come first

// Offline after the first visit, where the browser allows it; in a frame of another site it may not.
async function keep() {
  const workers = navigator.serviceWorker; // in a sandboxed frame even to ask for it is an error
  await workers?.register("service-worker.js");
  const { active } = (await workers?.ready) ?? {};
  if (!active) return;
  // Also of what began before the worker was there and arrives later.
  const tell = (list) => active.postMessage(list.getEntries().map(({ name }) => name));
  new PerformanceObserver(tell).observe({ type: "resource", buffered: true });
}

// files: block → a view's addresses; events: as `Events` takes them; root: the block of the page.
export async function start({ words, files, events, root }) {
  document.documentElement.lang = languageOf(navigator.language) === "zh" ? "zh-CN" : "en";
  const spoken = await fetch(words[languageOf(navigator.language)]);
  speak(await spoken.json());
  const parts = new Map(),
    happening = new Events(events, parts);
  const fire = (block, name) => happening.fire(block, name);
  const opened = (panel) => all("[data-kind=page]", panel).forEach((node) => mount(node));
  const mount = (node) => parts.get(node.dataset.block).mount();
  for (const node of all("[data-block]"))
    parts.set(node.dataset.block, partAt(node, files, fire, opened));
  for (const node of all("[data-examples]")) offer(node, parts);
  await Promise.all(all("[data-kind=page]:not([role=tabpanel] *)").map((node) => mount(node)));
  fire(root, "load");
  setTimeout(() => keep().catch(() => {}), AFTER);
}
