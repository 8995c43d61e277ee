// The Schedule view: curves from the server's tables, one cursor at t in all plots.
const QUANTITIES = ["beta", "alphaBar", "snr", "ratio", "weightXt", "weightX0"];
const WIDTH = 320, HEIGHT = 190, LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 20;
const DECADES = 8; // a logarithmic axis shows no more, for the last values run to nothing

const slider = part("t"), logY = part("logY"), logT = part("logT");
let schedules = [], plots = [];
let longest = null; // the schedule whose drawn steps the slider runs over

// An axis: where a value stands, from 0 to 1, and where its ticks are.
function linearAxis(low, high) {
  const rough = (high - low) / 4, unit = 10 ** Math.floor(Math.log10(rough));
  const gap = [1, 2, 2.5, 5, 10].map((n) => n * unit).find((n) => n >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / gap); i * gap <= high * 1.0001; i++) ticks.push(i * gap);
  return { place: (v) => (v - low) / (high - low), ticks, shows: () => true };
}

function logAxis(low, high) {
  const [from, to] = [Math.log10(low), Math.log10(high)], span = to - from || 1;
  const every = Math.max(1, Math.ceil(span / 4)), ticks = [];
  for (let e = Math.ceil(from - 1e-9); e <= to + 1e-9; e += every) ticks.push(10 ** e);
  return { place: (v) => (Math.log10(v) - from) / span, ticks, shows: (v) => v >= low * 0.999 };
}

function valueAxis(values) {
  const high = Math.max(...values);
  if (!logY.checked) return linearAxis(0, high);
  const low = Math.min(...values.filter((v) => v > 0));
  return logAxis(10 ** Math.floor(Math.log10(Math.max(low, high / 10 ** DECADES))), 10 ** Math.ceil(Math.log10(high) - 1e-9));
}

const x = (place) => LEFT + place * (WIDTH - LEFT - RIGHT);
const y = (place) => HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM);

function plot(quantity) {
  const across = logT.checked ? logAxis(1, longest.T) : linearAxis(1, longest.T);
  const up = valueAxis(schedules.flatMap((s) => s.curves[quantity]));
  const svg = svgNode("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": text[quantity] });
  for (const tick of up.ticks) {
    const at = y(up.place(tick));
    svg.append(svgNode("path", { class: "grid", d: `M${LEFT} ${at}H${WIDTH - RIGHT}` }));
    svg.append(svgNode("text", { x: LEFT - 5, y: at + 3, "text-anchor": "end" }, digits(tick)));
  }
  for (const tick of across.ticks) {
    const at = x(across.place(tick));
    svg.append(svgNode("path", { class: "grid", d: `M${at} ${HEIGHT - BOTTOM}v4` }));
    svg.append(svgNode("text", { x: at, y: HEIGHT - 5, "text-anchor": at > WIDTH - 25 ? "end" : "middle" }, String(Math.round(tick))));
  }
  const dots = schedules.map((schedule) => {
    const points = schedule.t.map((t, i) => [t, schedule.curves[quantity][i]]).filter(([, v]) => up.shows(v));
    const d = points.map(([t, v], i) => `${i ? "L" : "M"}${x(across.place(t)).toFixed(2)} ${y(up.place(v)).toFixed(2)}`);
    svg.append(svgNode("path", { class: `curve ${schedule.name}`, d: d.join("") }));
    return svgNode("circle", { class: schedule.name, r: 4 });
  });
  const cursor = svgNode("path", { class: "cursor" });
  svg.append(cursor, ...dots);
  const caption = document.createElement("figcaption");
  caption.innerHTML = "<b></b><div class='values'></div>";
  caption.firstChild.textContent = text[quantity];
  const figure = document.createElement("figure");
  figure.dataset.quantity = quantity;
  figure.append(caption, svg);
  svg.onpointerdown = svg.onpointermove = (event) => {
    const box = svg.getBoundingClientRect();
    const place = (((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
    slider.value = nearest(longest, logT.checked ? longest.T ** place : 1 + place * (longest.T - 1));
    showCursor();
  };
  return { quantity, figure, cursor, dots, across, up, values: caption.lastChild };
}

// Which of the drawn steps is nearest to t.
function nearest(schedule, t) {
  let best = 0;
  schedule.t.forEach((s, i) => { if (Math.abs(s - t) < Math.abs(schedule.t[best] - t)) best = i; });
  return best;
}

function key(name, words) {
  const span = document.createElement("span");
  span.className = `key ${name}`;
  span.textContent = words;
  return span;
}

function showCursor() {
  const t = longest.t[slider.value];
  const at = schedules.map((schedule) => nearest(schedule, t));
  slider.setAttribute("aria-valuetext", `t = ${t}`);
  part("legend").replaceChildren(
    ...schedules.map((s, n) => key(s.name, `${s.name} · ${s.kind} · t = ${s.t[at[n]]} / ${s.T}`)),
  );
  for (const { quantity, cursor, dots, across, up, values } of plots) {
    cursor.setAttribute("d", `M${x(across.place(t))} ${TOP}V${HEIGHT - BOTTOM}`);
    schedules.forEach((schedule, n) => {
      const value = schedule.curves[quantity][at[n]];
      dots[n].setAttribute("visibility", up.shows(value) ? "visible" : "hidden");
      if (!up.shows(value)) return;
      dots[n].setAttribute("cx", x(across.place(schedule.t[at[n]])));
      dots[n].setAttribute("cy", y(up.place(value)));
    });
    values.replaceChildren(
      ...schedules.map((s, n) => key(s.name, `${s.name} ${digits(s.curves[quantity][at[n]])}`)),
    );
  }
}

function drawAll() {
  plots = schedules.length ? QUANTITIES.map(plot) : [];
  part("plots").replaceChildren(...plots.map((p) => p.figure));
  showCursor();
}

function receive() {
  if (!props.value) return;
  const share = longest ? longest.t[slider.value] / longest.T : 0.3;
  schedules = props.value.schedules;
  longest = schedules.reduce((a, b) => (b.T > a.T ? b : a), schedules[0] ?? longest);
  slider.max = longest.t.length - 1;
  slider.value = nearest(longest, share * longest.T);
  const warned = schedules.filter((s) => s.signalLeft > props.value.mostSignalLeft);
  const sentences = warned.map((s) => say(s.byBetas ? "outline" : "outlineAlways", { name: s.name, left: digits(s.signalLeft), T: s.T }));
  if (!schedules.length) sentences.push(text.nothing);
  part("warnings").replaceChildren(
    ...sentences.map((words) => Object.assign(document.createElement("p"), { className: "warning", textContent: words })),
  );
  drawAll();
}

slider.addEventListener("input", showCursor);
logY.addEventListener("change", drawAll);
logT.addEventListener("change", drawAll);
watch("value", receive);
receive();
