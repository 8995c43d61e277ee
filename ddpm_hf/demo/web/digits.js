const RAISED = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((digit, n) => [n, digit])) };

// Three significant digits; 4.04e-5 as 4.04·10⁻⁵.
export function digits(x) {
  if (x === 0 || !Number.isFinite(x)) return String(x);
  if (Math.abs(x) >= 0.001 && Math.abs(x) < 10000) return String(Number(x.toPrecision(3)));
  const [mantissa, exponent] = x.toExponential(2).split("e");
  const raised = Array.from(exponent.replace("+", ""), (c) => RAISED[c]).join("");
  return `${Number(mantissa)}·10${raised}`;
}
