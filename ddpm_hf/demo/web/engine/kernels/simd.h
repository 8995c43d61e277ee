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

// e^x, from −87 to 87, to 3e-7 of itself near 0 and 1e-6 at ±20: 2^n · 2^f, n whole, |f| ≤ ½. The
// polynomial is the best of its degree; its terms go in pairs, so that few wait for one another.
INLINE v128_t expo(v128_t x) {
  v128_t t = times(1.44269504f, wasm_f32x4_pmax(splat(-87), wasm_f32x4_pmin(splat(87), x)));
  // Added to 1.5·2²³, a number is rounded to a whole one, which its last bits show.
  v128_t shifted = add4(t, splat(12582912)), f = sub4(t, sub4(shifted, splat(12582912)));
  v128_t square = mul4(f, f), low = madd(f, splat(0.6931470036506653f), splat(1));
  v128_t middle = madd(f, splat(0.05550733581185341f), splat(0.24022242426872253f));
  v128_t high = madd(f, splat(0.001326472731307149f), splat(0.009671512991189957f));
  v128_t power = madd(madd(high, square, middle), square, low);
  return wasm_i32x4_add(power, wasm_i32x4_shl(shifted, 23)); // n added to the exponent
}
