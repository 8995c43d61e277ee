// Attention.

// (n, channels) → (n / 8, size, 8), a matrix of weights with an output for each pixel; zeros behind.
INLINE void turn(const float *in, float *out, int n, int channels, int size) {
  for (int i = 0; i < n; i += WIDE, out += size * WIDE)
    for (int j = 0; j < WIDE; j++)
      for (int c = 0; c < size; c++) out[c * WIDE + j] = i + j < n ? in[(i + j) * channels + c] : 0;
}

// (n, channels) → (size / 8, padded n, 8), a matrix of weights with an input for each pixel.
INLINE void cut(const float *in, float *out, int n, int padded, int channels, int size) {
  for (int c = 0; c < size; c += WIDE)
    for (int i = 0; i < padded; i++, out += WIDE)
      for (int half = 0; half < WIDE; half += 4)
        store(out + half, i < n ? load(in + i * channels + c + half) : splat(0));
}

// Four rows of scores in a block, each to what softmax makes of its first n, without the division;
// zeros behind. totals: by what each is to be divided.
INLINE void softmax(float *scores, float *totals, int n, int padded) {
  for (int j = 0; j < ROWS; j++) {
    float top = scores[4 * j], total = 0;
#define SCORE(i) scores[((i) / 4 * ROWS + j) * 4 + (i) % 4]
    for (int i = n; i < padded; i++) SCORE(i) = -1e30f;
    for (int i = 0; i < n; i++) top = SCORE(i) > top ? SCORE(i) : top;
    for (int i = 0; i < padded; i += 4) store(&SCORE(i), expo(sub4(load(&SCORE(i)), splat(top))));
    for (int i = n; i < padded; i++) SCORE(i) = 0;
    for (int i = 0; i < n; i++) total += SCORE(i);
    totals[j] = total;
  }
}

// q, k, v, out: (n, channels); heads of `size` channels, a multiple of 8. room: for 2·size + 4
// numbers for each pixel, of which there are a multiple of 8, and 4·size more.
EXPORT(attend) void attend(const float *q, const float *k, const float *v, float *out, float *room,
                           int n, int channels, int size) {
  int padded = (n + WIDE - 1) / WIDE * WIDE;
  float *keys = room, *values = keys + padded * size, *scores = values + padded * size;
  float *rows = scores + ROWS * padded, scale = 1 / __builtin_sqrtf(size);
  for (int h = 0; h < channels; h += size) {
    turn(k + h, keys, n, channels, size);
    cut(v + h, values, n, padded, channels, size);
    for (int i = 0; i < n; i += ROWS) {
      for (int j = 0; j < ROWS; j++)
        for (int c = 0; c < size; c += 4) {
          int p = i + j < n ? i + j : n - 1;
          store(rows + c * ROWS + 4 * j, times(scale, load(q + p * channels + h + c)));
        }
      for (int p = 0; p < padded; p += WIDE) {
        v128_t s[2 * ROWS];
        for (int j = 0; j < 2 * ROWS; j++) s[j] = splat(0);
        product(rows, keys + p * size, size, s);
        for (int j = 0; j < 2 * ROWS; j++) store(scores + p * ROWS + j % 2 * 4 * ROWS + j / 2 * 4, s[j]);
      }
      float totals[ROWS];
      softmax(scores, totals, n, padded);
      for (int c = 0; c < size; c += WIDE) {
        v128_t s[2 * ROWS];
        for (int j = 0; j < 2 * ROWS; j++) s[j] = splat(0);
        product(scores, values + c * padded, padded, s);
        for (int j = 0; j < ROWS && i + j < n; j++)
          for (int half = 0; half < 2; half++)
            store(out + (i + j) * channels + h + c + 4 * half, times(1 / totals[j], s[2 * j + half]));
      }
    }
  }
}
