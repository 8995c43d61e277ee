// Convolutions of 3 × 3 by Winograd (Lavin & Gray 2016): OUT × OUT pixels, a tile, from IN × IN.
// The transforms below are of one line of a tile; down its columns first, then along its rows.

// For a loop over lines: of more than one, the numbers would not fit the registers.
#define LINE_BY_LINE _Pragma("clang loop unroll(disable)")

enum { OUT = 4, IN = 6, PRODUCTS = IN * IN, TILES = 8 };

// B^T d
INLINE void transform_input(v128_t d[IN]) {
  v128_t d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4];
  v128_t a = sub4(d4, times(4, d2)), b = sub4(d3, times(4, d1));
  v128_t c = sub4(d4, d2), half = sub4(d3, d1), e = add4(half, half);
  d[0] = add4(times(4, sub4(d[0], d2)), c);
  d[1] = add4(a, b), d[2] = sub4(a, b);
  d[3] = add4(c, e), d[4] = sub4(c, e);
  d[5] = sub4(sub4(d[5], d3), add4(e, e));
}

// A^T d: the first four.
INLINE void transform_output(v128_t d[IN]) {
  v128_t a = add4(d[1], d[2]), b = sub4(d[1], d[2]), c = add4(d[3], d[4]), e = sub4(d[3], d[4]);
  d[0] = add4(add4(d[0], a), c);
  d[1] = add4(b, add4(e, e));
  d[2] = add4(a, times(4, c));
  d[3] = add4(add4(b, times(8, e)), d[5]);
}

// G g: three weights → six.
INLINE void transform_weights(const double *g, int from, double *t, int to) {
  double g0 = g[0], g1 = g[from], g2 = g[2 * from], even = g0 + g2, wide = g0 + 4 * g2;
  t[0] = g0 / 4;
  t[to] = -(even + g1) / 6;
  t[2 * to] = -(even - g1) / 6;
  t[3 * to] = (wide + 2 * g1) / 24;
  t[4 * to] = (wide - 2 * g1) / 24;
  t[5 * to] = g2;
}

// weights: (outputs, inputs, 3, 3), as PyTorch has them → (PRODUCTS, wide outputs / 8, wide inputs, 8);
// what is wider is zero already.
EXPORT(pack) void pack(const float *weights, float *out, int outputs, int inputs, int wide_outputs,
                       int wide_inputs) {
  for (int o = 0; o < outputs; o++)
    for (int i = 0; i < inputs; i++, weights += 9) {
      double g[9], half[IN * 3], whole[PRODUCTS];
      for (int k = 0; k < 9; k++) g[k] = weights[k];
      for (int x = 0; x < 3; x++) transform_weights(g + x, 3, half + x, 3);
      for (int y = 0; y < IN; y++) transform_weights(half + 3 * y, 1, whole + IN * y, 1);
      for (int k = 0; k < PRODUCTS; k++)
        out[((k * wide_outputs + o / WIDE * WIDE) * wide_inputs) + i * WIDE + o % WIDE] = whole[k];
    }
}

// A tile → a row of a block: (PRODUCTS, channels / 4, 4 rows, 4).
INLINE void tile_in(const float *in, float *out, int row, int channels) {
  for (int c = 0; c < channels; c += 4) {
    v128_t half[PRODUCTS];
    LINE_BY_LINE
    for (int x = 0; x < IN; x++) {
      v128_t d[IN];
      for (int y = 0; y < IN; y++) d[y] = load(in + (y * row + x) * channels + c);
      transform_input(d);
      for (int y = 0; y < IN; y++) half[IN * y + x] = d[y];
    }
    LINE_BY_LINE
    for (int y = 0; y < IN; y++) {
      v128_t d[IN];
      for (int x = 0; x < IN; x++) d[x] = half[IN * y + x];
      transform_input(d);
      for (int x = 0; x < IN; x++) store(out + ((IN * y + x) * channels + c) * ROWS, d[x]);
    }
  }
}

// A tile's products, (PRODUCTS, outputs) → its pixels, of which the first `high` × `wide` are there.
INLINE void tile_out(const float *products, const float *bias, const float *add, float *out, int high,
                     int wide, int width, int outputs) {
  for (int o = 0; o < outputs; o += 4) {
    v128_t half[OUT * IN], b = load(bias + o);
    LINE_BY_LINE
    for (int x = 0; x < IN; x++) {
      v128_t d[IN];
      for (int y = 0; y < IN; y++) d[y] = load(products + (IN * y + x) * outputs + o);
      transform_output(d);
      for (int y = 0; y < OUT; y++) half[IN * y + x] = d[y];
    }
    LINE_BY_LINE
    for (int y = 0; y < OUT && y < high; y++) {
      v128_t d[IN];
      for (int x = 0; x < IN; x++) d[x] = half[IN * y + x];
      transform_output(d);
      for (int x = 0; x < OUT && x < wide; x++) {
        int at = (y * width + x) * outputs + o;
        v128_t value = add4(d[x], b);
        store(out + at, add ? add4(value, load(add + at)) : value);
      }
    }
  }
}

// The matrix products of some tiles. is_doubled: where pixels stand in squares of four, the third of
// a tile's transformed lines is zero, both ways.
INLINE void multiply_tiles(const float *rows, const float *weights, float *products, int tiles,
                           int inputs, int outputs, int is_doubled) {
  for (int k = 0; k < PRODUCTS; k++) {
    int is_zero = is_doubled && (k / IN == 2 || k % IN == 2);
    for (int o = 0; o < outputs; o += WIDE, weights += WIDE * inputs)
      for (int tile = 0; tile < tiles; tile += ROWS) {
        v128_t s[2 * ROWS];
        for (int j = 0; j < 2 * ROWS; j++) s[j] = splat(0);
        if (!is_zero) product(rows + (tile * PRODUCTS + k * ROWS) * inputs, weights, inputs, s);
        for (int j = 0; j < ROWS; j++) {
          float *to = products + ((tile + j) * PRODUCTS + k) * outputs + o;
          store(to, s[2 * j]);
          store(to + 4, s[2 * j + 1]);
        }
      }
  }
}

// out = in * weights + bias + add; `add` may be 0. in: framed, its rows of `row` pixels, whole tiles
// and two more. room: for PRODUCTS numbers for each of TILES tiles, and each input and output.
EXPORT(convolve) void convolve(const float *in, const float *weights, const float *bias,
                               const float *add, float *out, float *room, int height, int width,
                               int row, int inputs, int outputs, int is_doubled) {
  int across = (width + OUT - 1) / OUT, tiles = across * ((height + OUT - 1) / OUT);
  float *rows = room, *products = room + PRODUCTS * TILES * inputs;
  for (int first = 0; first < tiles; first += TILES) {
    int here = tiles - first < TILES ? tiles - first : TILES;
    for (int i = 0; i < here; i++) {
      const float *from = in + ((first + i) / across * row + (first + i) % across) * OUT * inputs;
      tile_in(from, rows + i / ROWS * ROWS * PRODUCTS * inputs + i % ROWS * 4, row, inputs);
    }
    multiply_tiles(rows, weights, products, here, inputs, outputs, is_doubled);
    for (int i = 0; i < here; i++) {
      int top = (first + i) / across * OUT, left = (first + i) % across * OUT;
      int at = (top * width + left) * outputs;
      tile_out(products + i * PRODUCTS * outputs, bias, add ? add + at : 0, out + at, height - top,
               width - left, width, outputs);
    }
  }
}
