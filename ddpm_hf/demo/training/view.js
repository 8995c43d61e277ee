// The time machine. A course is asked for when the view is first shown, and for another model; the
// slider then moves the cursor and the grid without asking anything.
const brief = (number) => Number(number.toPrecision(2));
const MEAN_OF = 10; // reports, each of ten steps

function draw(course) {
  const { T, numbers, losses, rates, minutes, by_t, grids, finished } = course;
  const tenths = Array.from({ length: 10 }, (_, k) => `${k ? "" : "≤"}${Math.ceil(((k + 1) * T) / 10)}`);
  const means = losses.map((_, i) => {
    const window = losses.slice(Math.max(0, i + 1 - MEAN_OF), i + 1);
    return window.reduce((a, b) => a + b) / window.length;
  });
  const scale = scales(numbers, losses), chart = part("chart");
  chart.replaceChildren();
  drawAxes(chart, scale, numbers, text);
  line(chart, "each", numbers, losses, scale);
  const most = Math.max(...rates), floor = HEIGHT - BOTTOM;
  line(chart, "rate", numbers, rates, { ...scale, up: (rate) => floor - ((floor - TOP) * rate) / most });
  part("rate").textContent = say("rate", { most: brief(most) });
  const later = rates.slice(rates.findIndex((rate, i) => rate < rates[i - 1])); // from the first fall on
  part("anew").hidden = !later.some((rate, i) => rate > later[i - 1]);
  line(chart, "mean", numbers, means, scale);
  const nearest = (number) =>
    numbers.reduce((best, n, i) => (Math.abs(n - number) < Math.abs(numbers[best] - number) ? i : best), 0);
  const moments = grids.map((grid) => nearest(grid.number));
  for (const i of moments)
    svg(chart, "circle", { class: "moment", r: 5, cx: scale.across(numbers[i]), cy: scale.up(means[i]) });
  const cursor = svg(chart, "line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM });
  const hover = svg(chart, "line", { class: "hover", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });

  const tell = (i) => {
    part("point").textContent = say("point", {
      number: numbers[i],
      minutes: minutes[i].toFixed(minutes[i] < 10 ? 1 : 0),
      loss: losses[i].toPrecision(3),
      mean: means[i].toPrecision(3),
      rate: brief(rates[i]),
    });
  };
  const place = (mark, i) => {
    for (const end of ["x1", "x2"]) mark.setAttribute(end, scale.across(numbers[i]));
  };

  // No values, no figure.
  function drawBars(name, labels, values, told) {
    const bars = part(name), top = Math.max(...values), stride = 640 / values.length;
    part(`${name}_figure`).hidden = !values.length;
    bars.replaceChildren();
    values.forEach((loss, k) => {
      const height = (150 * (loss ?? 0)) / top, x = stride * k, middle = x + stride / 2;
      svg(bars, "rect", { class: "bar", x: x + 4, y: 170 - height, width: stride - 8, height });
      svg(bars, "text", { x: middle, y: 165 - height, "text-anchor": "middle" }, loss === null ? "" : told(loss));
      svg(bars, "text", { x: middle, y: 190, "text-anchor": "middle" }, labels[k]);
    });
  }

  function travel(k) {
    const i = moments[k], caption = say("samples", { number: grids[k].number });
    slider.value = k;
    slider.setAttribute("aria-valuetext", caption);
    part("grid").src = grids[k].picture;
    part("grid").alt = part("caption").textContent = caption;
    place(cursor, i);
    tell(i);
    drawBars("by_t", tenths, by_t[i], (loss) => brief(1000 * loss));
  }

  const slider = part("slider");
  slider.max = grids.length - 1;
  // Not addEventListener: another course takes the place of this one.
  slider.oninput = () => travel(Number(slider.value));

  const under = (event) => {
    const box = chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    return nearest((last(numbers) * (x - LEFT)) / (WIDTH - LEFT - RIGHT));
  };
  chart.onpointermove = (event) => {
    const i = under(event);
    hover.setAttribute("visibility", "visible");
    place(hover, i);
    tell(i);
  };
  chart.onpointerleave = () => {
    hover.setAttribute("visibility", "hidden");
    tell(moments[slider.value]);
  };
  chart.onclick = (event) => {
    const i = under(event);
    const distance = (k) => Math.abs(moments[k] - i);
    travel(grids.reduce((best, _, k) => (distance(k) < distance(best) ? k : best), 0));
  };

  const { t: some = [], losses: finals = [] } = finished;
  drawBars("finished", some.map((t, k) => (k ? t : `t = ${t}`)), finals, (loss) => loss.toPrecision(2));
  part("loading").hidden = true;
  part("all").hidden = false;
  travel(0);
}

watch("value", () => draw(props.value));
trigger("expand");
