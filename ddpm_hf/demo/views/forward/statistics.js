// The numbers below a picture.

// Not a number where y has but one value.
export function correlation(x, y) {
  if (y.every((value) => value === y[0])) return NaN;
  const mean = (v) => v.reduce((sum, value) => sum + value, 0) / v.length;
  const mx = mean(x),
    my = mean(y);
  let xy = 0,
    xx = 0,
    yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

export function moments(x) {
  let sum = 0,
    squares = 0;
  for (const value of x) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / x.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / x.length - mean * mean)) };
}

// The density in each of `bins` equal parts of −reach..reach; values beyond count for no part.
export function histogram(x, bins, reach) {
  const counts = new Float64Array(bins);
  for (const value of x) {
    const bin = Math.floor(((value + reach) / (2 * reach)) * bins);
    if (bin >= 0 && bin < bins) counts[bin]++;
  }
  return counts.map((n) => (n / x.length) * (bins / (2 * reach)));
}

export const normalDensity = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
