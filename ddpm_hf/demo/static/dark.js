{
  // Light or dark as the reader's machine is, by the class that Gradio's themes go by.
  const wish = matchMedia("(prefers-color-scheme: dark)");
  const show = () => document.body.classList.toggle("dark", wish.matches);
  wish.addEventListener("change", show);
  show();
}
