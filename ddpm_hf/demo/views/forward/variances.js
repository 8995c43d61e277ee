// What the variance of x_t is made of (N3): the picture's share, and what is left of the noise of
// each stretch of steps; all together 1.
const STRETCHES = 10;

// The shares of the picture and of the noise of steps (a, b]: [{a, b, share}], the picture's first
// with a = b = 0. keep, add: the weights of each step (N2), for t = 0..T.
export function shares({ keep, add }, t, T) {
  const found = [];
  let left = 1; // of what was there after step s: α_{s+1} … α_t
  for (let n = Math.ceil((t / T) * STRETCHES); n > 0; n--) {
    const a = Math.round(((n - 1) * T) / STRETCHES),
      b = Math.min(t, Math.round((n * T) / STRETCHES));
    let share = 0;
    for (let s = b; s > a; s--) {
      share += left * add[s] ** 2;
      left *= keep[s] ** 2;
    }
    found.unshift({ a, b, share });
  }
  return [{ a: 0, b: 0, share: left }, ...found];
}

// A bar as long as 1, in parts; label(part) says what each is.
export function drawShares(bar, parts, label) {
  const nodes = parts.map((part, n) => {
    const node = document.createElement("span");
    node.className = n ? "noise" : "picture";
    node.style.flexGrow = part.share;
    node.style.setProperty("--nth", n);
    node.title = label(part);
    return node;
  });
  bar.replaceChildren(...nodes);
}
