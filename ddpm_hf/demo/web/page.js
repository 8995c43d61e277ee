// What every view has at hand: its parts, and its strings in the reader's language.
export const languageOf = (browser) => (browser.startsWith("zh") ? "zh" : "en");

// Whether Python stands behind the page; in the folder of plain files it does not.
export const hasServer = () => !("static" in document.documentElement.dataset);

// Whether the reader has asked for less motion.
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// "{n} of {m}" with the values in place of the braces.
export const filled = (template, values) =>
  template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Writes the strings of `data-text` and `data-label` into the element.
export function viewOf(element, strings) {
  const language = languageOf(navigator.language);
  const text = strings[language];
  for (const node of element.querySelectorAll("[data-text]"))
    node.textContent = text[node.dataset.text];
  for (const node of element.querySelectorAll("[data-label]"))
    node.setAttribute("aria-label", text[node.dataset.label]);
  return {
    language,
    text,
    say: (key, values) => filled(text[key], values),
    part: (name) => element.querySelector(`[data-part="${name}"]`),
  };
}
