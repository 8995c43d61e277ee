// The layers of a UNet2DModel in 128-bit SIMD, one picture at a time, channels last.
//
// Built by build.py, without a standard library. Channels are multiples of 4, outputs of a product
// multiples of 8. A "framed" picture lies within a border of zeros, one pixel wide or wider.
#include "simd.h"

#include "product.h"

#include "attend.h"
#include "convolve.h"
#include "move.h"
#include "norm.h"
