// Cats to choose from: a click tells the server which.
import { viewOf } from "../page.js";

export function mount({ element, props, trigger }) {
  const { part, say } = viewOf(element, props.strings);
  const buttons = props.value.map((url, n) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", say("cat", { n: n + 1 }));
    button.append(Object.assign(new Image(), { src: url, alt: "" }));
    button.addEventListener("click", () => trigger("select", { n }));
    return button;
  });
  part("cats").replaceChildren(...buttons);
}
