// The links of the notes: #code-N4 shows the lines that cite (N4), #view-forward opens that tab.
const titles = props.titles[language];
const notes = document.querySelector("#equations_notes");

function lines(place) {
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

function showCode(number) {
  element.querySelector("h2").textContent = say("code", { number });
  part("places").replaceChildren(
    ...props.places[number].flatMap((place) => {
      const heading = document.createElement("h3");
      heading.textContent = `${place.file}:${place.line}`;
      return [heading, lines(place)];
    }),
  );
  part("dialog").showModal();
}

// Links to views take the tab's title; those to views that this page does not have go. For narrow
// screens cells take the title of their column, and those that hold nothing a class.
function nameAll() {
  for (const link of notes.querySelectorAll("a[href^='#view-']")) {
    const title = titles[link.getAttribute("href").slice("#view-".length)];
    if (!title) link.remove();
    else if (link.textContent !== title) link.textContent = title;
  }
  for (const cell of notes.querySelectorAll("td")) {
    const headings = cell.closest("table").querySelectorAll("th");
    cell.dataset.label = headings[cell.cellIndex].textContent;
    cell.classList.toggle("nothing", cell.textContent.trim() === "");
  }
}

notes.addEventListener("click", (event) => {
  const href = event.target.closest("a")?.getAttribute("href") ?? "";
  const [, kind, name] = href.match(/^#(code|view)-(\w+)$/) ?? [];
  if (!kind) return;
  event.preventDefault();
  if (kind === "code") showCode(name);
  else window.dispatchEvent(new CustomEvent("open-view", { detail: name }));
});
part("close").addEventListener("click", () => part("dialog").close());
part("dialog").addEventListener("click", (event) => {
  if (event.target === part("dialog")) part("dialog").close();
});
nameAll();
new MutationObserver(nameAll).observe(notes, { childList: true, subtree: true });
