// Start was pressed. A run that is under way is stopped, and at its end Start is pressed again.
(start, stop, screen, link) => {
  const { dataset } = document.getElementById(start);
  if (dataset.running) {
    dataset.again = true;
    document.getElementById(stop).click();
    return;
  }
  dataset.running = "asked";
  window.dispatchEvent(new CustomEvent("run-wait", { detail: { screen, link } }));
}
