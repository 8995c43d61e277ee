// Activation and group norm.

INLINE v128_t silu4(v128_t x) { return wasm_f32x4_div(x, add4(splat(1), expo(wasm_f32x4_neg(x)))); }

EXPORT(silu) void silu(const float *in, float *out, int n) {
  for (int i = 0; i < n; i += 4) store(out + i, silu4(load(in + i)));
}

enum { MOST_CHANNELS = 2048 };

// The sum of x − shift, squared if asked for, for each channel.
INLINE void sums(const float *in, const float *shift, float *out, int n, int channels, int squared) {
  for (int c = 0; c < channels; c += WIDE) {
    v128_t s0 = splat(0), s1 = splat(0), m0 = load(shift + c), m1 = load(shift + c + 4);
    for (const float *at = in + c, *end = at + n * channels; at < end; at += channels) {
      v128_t x0 = sub4(load(at), m0), x1 = sub4(load(at + 4), m1);
      s0 = add4(s0, squared ? mul4(x0, x0) : x0);
      s1 = add4(s1, squared ? mul4(x1, x1) : x1);
    }
    store(out + c, s0);
    store(out + c + 4, s1);
  }
}

// a[c], b[c]: group norm is a·x + b. The mean first and then the variance, as PyTorch has it.
INLINE void group_norm(const float *in, const float *scale, const float *shift, float *a, float *b,
                       int n, int channels, int groups, float eps) {
  int size = channels / groups;
  for (int c = 0; c < channels; c++) b[c] = 0;
  for (int squared = 0; squared < 2; squared++) {
    sums(in, b, a, n, channels, squared);
    for (int g = 0; g < channels; g += size) {
      float mean = 0;
      for (int c = g; c < g + size; c++) mean += a[c];
      mean /= size * n;
      for (int c = g; c < g + size; c++) {
        if (squared) a[c] = scale[c] / __builtin_sqrtf(mean + eps), b[c] = shift[c] - b[c] * a[c];
        else b[c] = mean;
      }
    }
  }
}

// Group norm, framed and with SiLU behind it, in `rows` rows of `row` pixels.
EXPORT(activate) void activate(const float *in, const float *scale, const float *shift, float *out,
                               int height, int width, int channels, int groups, float eps, int rows,
                               int row) {
  float a[MOST_CHANNELS], b[MOST_CHANNELS];
  group_norm(in, scale, shift, a, b, height * width, channels, groups, eps);
  border(out, height, width, rows, row, channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, in += channels) {
      float *to = out + ((y + 1) * row + x + 1) * channels;
      for (int c = 0; c < channels; c += 4) store(to + c, silu4(madd(load(in + c), load(a + c), load(b + c))));
    }
}

// Group norm alone.
EXPORT(norm) void norm(const float *in, const float *scale, const float *shift, float *out, int n,
                       int channels, int groups, float eps) {
  float a[MOST_CHANNELS], b[MOST_CHANNELS];
  group_norm(in, scale, shift, a, b, n, channels, groups, eps);
  for (int p = 0; p < n; p++, in += channels, out += channels)
    for (int c = 0; c < channels; c += 4) store(out + c, madd(load(in + c), load(a + c), load(b + c)));
}
