// The index of the number nearest to a value; the first of two.
export const nearest = (numbers, value) =>
  numbers.reduce(
    (best, n, i) => (Math.abs(n - value) < Math.abs(numbers[best] - value) ? i : best),
    0,
  );
