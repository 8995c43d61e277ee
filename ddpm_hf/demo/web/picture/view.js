// A picture of the visitor's own, or a cat. It is decoded and fitted here, and sent nowhere; other
// scripts of the page hear of it by the event `picture`.
import { base64Of, bytesOf } from "../binary.js";
import { paint } from "../canvas.js";
import { viewOf } from "../page.js";
import { fitted } from "./fit.js";

const MOST_MEGAPIXELS = 25;

class TooManyPixels extends Error {}

// A file's pixels, RGBA, upright, on white where it is transparent.
export async function decoded(file) {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  if (width * height > MOST_MEGAPIXELS * 1e6) throw new TooManyPixels();
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

class Picture {
  #asked = 0; // the newest file; a slower one before it counts no more

  constructor({ element, props, trigger }) {
    Object.assign(this, { element, props, trigger, view: viewOf(element, props.strings) });
    const { part } = this.view;
    part("cats").replaceChildren(...props.cats.map((url, n) => this.#cat(url, n)));
    part("file").addEventListener("change", () => this.take(part("file").files[0]));
    part("root").addEventListener("dragover", (event) => event.preventDefault());
    part("root").addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer.files[0]);
    });
    document.addEventListener("paste", (event) => {
      if (this.element.offsetParent !== null) this.take(event.clipboardData.files[0]);
    });
    this.show();
  }

  #cat(url, n) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", this.view.say("cat", { n: n + 1 }));
    button.append(Object.assign(new Image(), { src: url, alt: "" }));
    button.addEventListener("click", async () => this.take(await (await fetch(url)).blob()));
    return button;
  }

  async take(file) {
    if (!file) return;
    const asked = ++this.#asked;
    const image = await decoded(file).catch((error) => this.refuse(error));
    if (!image || asked !== this.#asked) return;
    this.view.part("refusal").hidden = true;
    this.props.value = base64Of(fitted(image, this.props.side));
    this.show();
    this.trigger("input");
  }

  refuse(error) {
    const { part, text, say } = this.view,
      isTooLarge = error instanceof TooManyPixels;
    part("refusal").hidden = false;
    part("refusal").textContent = isTooLarge
      ? say("tooManyPixels", { limit: MOST_MEGAPIXELS })
      : text.unreadable;
  }

  show() {
    const { value, side } = this.props;
    paint(this.view.part("shown"), side, side, bytesOf(value));
    const shown = new CustomEvent("picture", { bubbles: true, detail: value });
    this.element.dispatchEvent(shown);
  }
}

export function mount(page) {
  return new Picture(page);
}
