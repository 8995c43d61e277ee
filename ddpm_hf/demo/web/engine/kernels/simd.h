// 128 bits at a time: names for what the other files use.
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define INLINE static inline __attribute__((always_inline))
#define load wasm_v128_load
#define store wasm_v128_store
#define splat wasm_f32x4_splat
#define add4 wasm_f32x4_add
#define sub4 wasm_f32x4_sub
#define mul4 wasm_f32x4_mul

INLINE v128_t times(float a, v128_t b) { return mul4(splat(a), b); }
INLINE v128_t madd(v128_t a, v128_t b, v128_t c) { return add4(mul4(a, b), c); }

INLINE v128_t expo(v128_t x) { // to 2e-7 of itself, from -87 to 87
  x = wasm_f32x4_pmax(splat(-87), wasm_f32x4_pmin(splat(87), x));
  // Added to 1.5·2²³, a number is rounded to a whole one, which its last bits show.
  v128_t shifted = add4(times(1.44269504f, x), splat(12582912));
  v128_t n = sub4(shifted, splat(12582912));
  v128_t r = madd(n, splat(-0.693359375f), x);
  r = madd(n, splat(2.12194440e-4f), r);
  v128_t square = mul4(r, r); // two at a time: else each would wait for the one before
  v128_t high = madd(r, splat(1.9875691500e-4f), splat(1.3981999507e-3f));
  v128_t middle = madd(r, splat(8.3334519073e-3f), splat(4.1665795894e-2f));
  v128_t low = madd(r, splat(1.6666665459e-1f), splat(0.5f));
  v128_t y = madd(madd(madd(high, square, middle), square, low), square, add4(r, splat(1)));
  return mul4(y, wasm_i32x4_add(wasm_i32x4_shl(shifted, 23), wasm_i32x4_splat(127 << 23)));
}
