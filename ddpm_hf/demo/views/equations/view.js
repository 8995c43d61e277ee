// The links of the notes: #code-N4 shows the lines that cite (N4), #view-forward opens that tab,
// #place-forward/jump that place of it.
import { viewOf } from "../../web/page.js";
import { openPlace, openView } from "./places.js";

const TABLES = ["equations_notes", "equations_lines"];

function blockOf(place) {
  const block = document.createElement("pre");
  block.tabIndex = 0; // it scrolls
  place.code.split("\n").forEach((content, i) => {
    const line = document.createElement(place.first + i === place.line ? "mark" : "span");
    line.dataset.line = place.first + i;
    line.textContent = content;
    block.append(line);
  });
  return block;
}

function headingOf(place) {
  const heading = document.createElement("h3");
  heading.textContent = `${place.file}:${place.line}`;
  return heading;
}

// Links to views and their places take the title of the tab; those to views that this page lacks
// are removed.
function nameLinks(notes, titles) {
  for (const link of notes.querySelectorAll("a:is([href^='#view-'], [href^='#place-'])")) {
    const [, view] = link.getAttribute("href").match(/-(\w+)/),
      title = titles[view];
    if (!title) link.remove();
    else if (link.textContent !== title) link.textContent = title;
  }
}

// For narrow screens, where a row is a list: cells carry the title of their column.
function labelCells(notes) {
  for (const cell of notes.querySelectorAll("td")) {
    const headings = cell.closest("table").querySelectorAll("th");
    cell.dataset.label = headings[cell.cellIndex].textContent;
    cell.classList.toggle("nothing", cell.textContent.trim() === "");
  }
}

export function mount({ element, props }) {
  const { language, part, say } = viewOf(element, props.strings);

  function showCode(number) {
    element.querySelector("h2").textContent = say("code", { number });
    const places = props.code[number];
    part("places").replaceChildren(
      ...places.flatMap((place) => [headingOf(place), blockOf(place)]),
    );
    part("dialog").showModal();
  }

  const open = {
    code: showCode,
    view: openView,
    place: (name) => openPlace(name, props.places[name]),
  };

  function follow(event) {
    const href = event.target.closest("a")?.getAttribute("href") ?? "";
    const [, kind, name] = href.match(/^#(code|view|place)-([\w/-]+)$/) ?? [];
    if (!kind) return;
    event.preventDefault();
    open[kind](name);
  }

  for (const notes of TABLES.map((id) => document.getElementById(id))) {
    const prepare = () => {
      nameLinks(notes, props.titles[language]);
      labelCells(notes);
    };
    prepare();
    new MutationObserver(prepare).observe(notes, { childList: true, subtree: true });
    notes.addEventListener("click", follow);
  }
  part("close").addEventListener("click", () => part("dialog").close());
  part("dialog").addEventListener("click", (event) => {
    if (event.target === part("dialog")) part("dialog").close();
  });
}
