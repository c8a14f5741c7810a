/* Products with AVX2 and FMA: 6×16 sums in registers for long texts, 4×3 dot products for short ones. */
#if defined(__x86_64__)
#include "core/op/lanes_avx2.h"
#include "core/product/tile.h"

#define MICRO_NAME "avx2"
#define MICRO_ROWS 6
#define MICRO_STRIP_ROWS 2
#define MICRO_DOT_ROWS 4
#define MICRO_DOT_COLS 3
#define MICRO_FAR_ROWS 4
#define MICRO_FAR_COLS 3
#define MICRO_EACH_ROW(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define MICRO_EACH_STRIP(X) X(1) X(2)
#define MICRO_EACH_DOT(X)                                                                                             \
    X(1, 1) X(1, 2) X(1, 3) X(2, 1) X(2, 2) X(2, 3) X(3, 1) X(3, 2) X(3, 3) X(4, 1) X(4, 2) X(4, 3)
#include "core/product/micro.h"

const struct product_kernel product_avx2 = {
    .name = "avx2",
    .summary = "own kernels, eight floats at once",
    .set = LANES_SET,
    .supports = tile_supports,
    .linear = micro_linear,
    .abt = micro_abt,
    .ab = micro_ab,
};
#else
typedef int avx2_needs_x86;
#endif
