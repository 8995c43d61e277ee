// Where runs are: in this page, unless the reader asks for the server. One choice for all screens.
import { hasServer } from "../page.js";

const KEY = "ddpm-on-server";

// Where the page is framed by another site there may be no storage.
function remembered() {
  try {
    return sessionStorage.getItem(KEY) === "true";
  } catch {
    return false;
  }
}

function remember(value) {
  try {
    sessionStorage.setItem(KEY, value);
  } catch {
    // The choice holds until the page is left.
  }
}

let isServer = hasServer() && remembered();
const screens = new Set(); // functions that show the choice

export const prefersServer = () => isServer;

function choose(value) {
  isServer = value;
  remember(value);
  for (const show of screens) show();
}

// A box for the choice in the view's part `place`. show() is called after each choice.
export function offerChoice({ part, text }, show) {
  if (!hasServer()) return;
  const label = document.createElement("label"),
    box = Object.assign(document.createElement("input"), { type: "checkbox", checked: isServer });
  label.append(box, ` ${text.on_server}`);
  part("place").append(label);
  box.addEventListener("change", () => choose(box.checked));
  screens.add(() => {
    box.checked = isServer;
    show();
  });
}
