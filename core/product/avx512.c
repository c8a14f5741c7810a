/* Products with AVX-512: 14×32 sums in registers for long texts, 4×6 or 6×4 dot products for short ones. */
#if defined(__x86_64__)
#include "core/op/lanes_avx512.h"
#include "core/product/tile.h"

#define MICRO_NAME "avx512"
#define MICRO_ROWS 14
#define MICRO_STRIP_ROWS 4
#define MICRO_DOT_ROWS 4
#define MICRO_DOT_COLS 6
#define MICRO_FAR_ROWS 6
#define MICRO_FAR_COLS 4
#define MICRO_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define MICRO_EACH_STRIP(X) X(1) X(2) X(3) X(4)
#define MICRO_EACH_DOT(X)                                                                                             \
    X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5) X(2, 6)                   \
    X(3, 1) X(3, 2) X(3, 3) X(3, 4) X(3, 5) X(3, 6) X(4, 1) X(4, 2) X(4, 3) X(4, 4) X(4, 5) X(4, 6)                   \
    X(5, 1) X(5, 2) X(5, 3) X(5, 4) X(6, 1) X(6, 2) X(6, 3) X(6, 4)
#include "core/product/micro.h"

const struct product_kernel product_avx512 = {
    .name = "avx512",
    .summary = "own kernels, sixteen floats at once",
    .set = LANES_SET,
    .supports = tile_supports,
    .linear = micro_linear,
    .abt = micro_abt,
    .ab = micro_ab,
};
#else
typedef int avx512_needs_x86;
#endif
