/* Products in plain C: any machine, and the reference that the other kernels are held against. */
#include "core/op/lanes_plain.h"
#include "core/product/tile.h"

#define MICRO_NAME "plain"
#define MICRO_ROWS 4
#define MICRO_STRIP_ROWS 2
#define MICRO_DOT_ROWS 2
#define MICRO_DOT_COLS 4
#define MICRO_FAR_ROWS 2
#define MICRO_FAR_COLS 4
#define MICRO_EACH_ROW(X) X(1) X(2) X(3) X(4)
#define MICRO_EACH_STRIP(X) X(1) X(2)
#define MICRO_EACH_DOT(X) X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(2, 1) X(2, 2) X(2, 3) X(2, 4)
#include "core/product/micro.h"

const struct product_kernel product_plain = {
    .name = "plain",
    .summary = "portable C",
    .set = LANES_SET,
    .supports = tile_supports,
    .linear = micro_linear,
    .abt = micro_abt,
    .ab = micro_ab,
};
