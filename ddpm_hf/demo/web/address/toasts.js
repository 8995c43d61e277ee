// Gradio has its messages' titles in English alone.

// text: of each kind of message, and of the button that closes it.
export function translateToasts(text) {
  const kindOf = (title) => Object.keys(text).find((kind) => title.classList.contains(kind));
  const translate = () => {
    for (const title of document.querySelectorAll(".toast-title")) {
      const words = `${text[kindOf(title)]} `,
        node = title.firstChild; // behind it is how many messages there are
      if (node.data !== words) node.data = words;
    }
    for (const button of document.querySelectorAll(".toast-close"))
      button.setAttribute("aria-label", text.close);
  };
  new MutationObserver(translate).observe(document.body, { childList: true, subtree: true });
}
