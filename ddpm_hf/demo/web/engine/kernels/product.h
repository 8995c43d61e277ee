// Matrix products. Rows lie in blocks of ROWS: (rows / 4, inputs / 4, 4 rows, 4 inputs), so that
// one pointer leads to all of a block; weights: (outputs / 8, inputs, 8).

enum { ROWS = 4, WIDE = 8 };

// s[2j], s[2j + 1] += what row j of the block makes of 8 outputs.
INLINE void product(const float *rows, const float *weights, int inputs, v128_t s[2 * ROWS]) {
  for (const float *end = rows + ROWS * inputs; rows < end; rows += 4 * ROWS, weights += 4 * WIDE)
    for (int i = 0; i < 4; i++) {
      v128_t w0 = load(weights + i * WIDE), w1 = load(weights + i * WIDE + 4);
      for (int j = 0; j < ROWS; j++) {
        v128_t x = wasm_v128_load32_splat(rows + 4 * j + i);
        s[2 * j] = madd(x, w0, s[2 * j]);
        s[2 * j + 1] = madd(x, w1, s[2 * j + 1]);
      }
    }
}

// The pixels that a convolution of taps × taps sees, in blocks of rows: one row for each output
// pixel. `in`: rows of `row` pixels, framed if taps is 3.
EXPORT(gather) void gather(const float *in, float *out, int height, int width, int row, int stride,
                           int taps, int channels) {
  int n = height * width;
  for (int first = 0; first < n; first += ROWS)
    for (int y = 0; y < taps; y++)
      for (int x = 0; x < taps; x++)
        for (int c = 0; c < channels; c += 4)
          for (int j = 0; j < ROWS; j++, out += 4) {
            int p = first + j < n ? first + j : n - 1;
            int at = (p / width * stride + y) * row + p % width * stride + x;
            store(out, load(in + at * channels + c));
          }
}

// out[row][o] = bias[o] + row · weights[o] + add[row][o]; `add` may be 0.
EXPORT(multiply) void multiply(const float *rows, const float *weights, const float *bias,
                               const float *add, float *out, int n, int inputs, int outputs) {
  for (int o = 0; o < outputs; o += WIDE, weights += WIDE * inputs)
    for (int p = 0; p < n; p += ROWS) {
      v128_t s[2 * ROWS];
      for (int j = 0; j < ROWS; j++) s[2 * j] = load(bias + o), s[2 * j + 1] = load(bias + o + 4);
      product(rows + p * inputs, weights, inputs, s);
      for (int j = 0; j < ROWS && p + j < n; j++) {
        int at = (p + j) * outputs + o;
        v128_t a = s[2 * j], b = s[2 * j + 1];
        if (add) a = add4(a, load(add + at)), b = add4(b, load(add + at + 4));
        store(out + at, a);
        store(out + at + 4, b);
      }
    }
}
