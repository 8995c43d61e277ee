// Moving pixels.

// Zeros around height × width pixels: one above and left of them, and as many as there are behind.
INLINE void border(float *out, int height, int width, int rows, int row, int channels) {
  for (int y = 0; y < rows; y++)
    for (int x = 0; x < row; x++, out += channels) {
      if (y > 0 && y <= height && x == 1) x += width, out += width * channels;
      for (int c = 0; c < channels; c += 4) store(out + c, splat(0));
    }
}

// The picture framed, each pixel `times` as wide and high, in `rows` rows of `row` pixels.
EXPORT(frame) void frame(const float *in, float *out, int height, int width, int channels, int times,
                         int rows, int row) {
  border(out, height * times, width * times, rows, row, channels);
  for (int y = 0; y < height * times; y++)
    for (int x = 0; x < width * times; x++) {
      const float *from = in + (y / times * width + x / times) * channels;
      float *to = out + ((y + 1) * row + x + 1) * channels;
      for (int c = 0; c < channels; c += 4) store(to + c, load(from + c));
    }
}

// Pixel by pixel, the channels of both.
EXPORT(join) void join(const float *one, const float *two, float *out, int n, int first, int second) {
  for (int p = 0; p < n; p++) {
    for (int c = 0; c < first; c += 4) store(out + c, load(one + p * first + c));
    for (int c = 0; c < second; c += 4) store(out + first + c, load(two + p * second + c));
    out += first + second;
  }
}
