// A run is over: it is done, was stopped, or failed.
(start, screen) => {
  const button = document.getElementById(start), { again } = button.dataset;
  delete button.dataset.running;
  delete button.dataset.again;
  delete button.dataset.stopped;
  window.dispatchEvent(new CustomEvent("run-end", { detail: { screen } }));
  if (again) button.click();
}
