// An axis: `place` maps a value to 0..1, `value` maps it back; `ticks` are values; `shows` says
// whether a value can be drawn.

// About four even ticks: multiples of 1, 2, 2.5 or 5 times a power of ten.
export function evenTicks(low, high) {
  const rough = (high - low) / 4,
    unit = 10 ** Math.floor(Math.log10(rough));
  const gap = [1, 2, 2.5, 5, 10].map((n) => n * unit).find((n) => n >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / gap); i * gap <= high * 1.0001; i++) ticks.push(i * gap);
  return ticks;
}

// About five multiples of `unit`, from 0 to high.
export function multiples(high, unit) {
  const gap = Math.max(1, Math.round(high / 5 / unit)) * unit;
  return Array.from({ length: Math.floor(high / gap) + 1 }, (_, i) => i * gap);
}

// At most about four powers of ten.
export function powersOfTen(low, high) {
  const from = Math.log10(low),
    to = Math.log10(high);
  const every = Math.max(1, Math.ceil((to - from) / 4)),
    ticks = [];
  for (let e = Math.ceil(from - 1e-9); e <= to + 1e-9; e += every) ticks.push(10 ** e);
  return ticks;
}

// The 1, 2 and 5 times powers of ten between low and high.
export function oneTwoFive(low, high) {
  const ticks = [];
  for (let e = Math.floor(Math.log10(low)); 10 ** e <= high; e++)
    ticks.push(...[1, 2, 5].map((m) => m * 10 ** e).filter((v) => v >= low && v <= high));
  return ticks;
}

export function linearAxis(low, high, ticks = []) {
  return {
    place: (v) => (v - low) / (high - low),
    value: (place) => low + place * (high - low),
    ticks,
    shows: () => true,
  };
}

// Values below `low` are not shown.
export function logAxis(low, high, ticks = []) {
  const from = Math.log10(low),
    span = Math.log10(high) - from || 1;
  return {
    place: (v) => (Math.log10(v) - from) / span,
    value: (place) => 10 ** (from + place * span),
    ticks,
    shows: (v) => v >= low * 0.999,
  };
}
