// A run can be stopped once Gradio's request for it is answered: a Stop before that, which Gradio
// would lose, is kept until then.
(start, stop) => {
  const asked = () => document.querySelector(`#${start}[data-running=asked]`);

  document.addEventListener(
    "click",
    (event) => {
      const button = asked();
      if (!button || !event.target.closest(`#${stop}`)) return;
      button.dataset.stopped = true;
      event.stopPropagation();
    },
    true,
  );

  function known() {
    const button = asked();
    if (!button) return;
    button.dataset.running = "known";
    if (button.dataset.stopped) document.getElementById(stop).click();
  }

  new PerformanceObserver((list) => {
    const answered = list.getEntries().some(({ name }) => name.includes("/queue/join"));
    if (answered) setTimeout(known, 50); // for Gradio to read the answer
  }).observe({ type: "resource" });
}
