/* How our own kernels cut a product into tiles. A kernel is a `struct micro`: four small functions on one tile that
 * stays in registers; tile.c holds the loops around them, the same for every instruction set.
 *
 * Ways through a weight W [out,in], chosen by the text's length (product_class) and by `in`:
 *   dots    dot products straight from W as it lies, read once and never packed: for short texts, which are bound by
 *           memory, and for middling ones where a group of rows stays in the second cache (in ≤ TILE_NARROW)
 *   panels  W is turned over, a panel of `cols` outputs by TILE_DEPTH inputs at a time, and each panel meets all rows:
 *          bound by arithmetic
 * and through a weight [in,out]:
 *   strips  for few rows: long stretches of its rows as they lie
 *   panels  else, copied without turning
 *
 * Every output is one chain of sums whose order depends on `in` and on the class alone: not on the other rows, the
 * tile it falls into, or the thread. */
#ifndef GAZE_CORE_PRODUCT_TILE_H
#define GAZE_CORE_PRODUCT_TILE_H

#include "core/product/kernel.h"

enum {
    TILE_DEPTH = 384,     /* inputs of a packed panel: 48 kB at 32 columns */
    TILE_NARROW = 1024,
    TILE_MAX_COLS = 32,   /* of any micro kernel */
    TILE_MAX_ROWS = 16,   /* likewise */
    TILE_MAX_SUMS = 384,  /* floats of the sums of one dot tile */
    NARROW_GROUP = 32
};

/* One tile of dot products: c[r,o] = Σ_i x[r,i]·w[o,i] over k inputs of a longer sum. The unfinished sums of a tile
 * rest in `sums` between calls. */
struct micro_dot {
    const float *x;
    size_t x_stride;
    const float *w; /* perhaps unaligned */
    size_t w_stride, k;
    const char *ahead; /* what is read next: ahead_step bytes of it are prefetched for every vector of inputs */
    size_t ahead_step;
    bool first, last; /* part of the sum */
    float *sums;
    float *c; /* written by the last part */
    size_t c_stride;
};

/* Types of fewer bits that few rows meet as they are stored: one row, one case of narrow_load (narrow.h). */
#define NARROW_BLOCKS(X) X(Q8_0) X(Q4_0) X(Q4_K) X(Q5_K) X(Q6_K)
#define NARROWS(X) X(F16) X(BF16) NARROW_BLOCKS(X)
#define NARROW(kind) NARROW_##kind,
enum narrow { NARROWS(NARROW) NARROW_KINDS };
#undef NARROW

/* A tile of dot products with all of such a W: whole groups of NARROW_GROUP inputs, dot_tile.cols outputs. The bits are those
 * of `dot` on the widened W. */
struct micro_narrow {
    const float *x;
    size_t x_stride;
    const unsigned char *w;
    size_t w_row, k; /* bytes from output to output; inputs */
    const char *ahead;
    size_t ahead_step; /* bytes for every group */
    float *c;
    size_t c_stride;
};
typedef void micro_narrow_fn(size_t m, const struct micro_narrow *call);

struct micro {
    const char *name;
    size_t rows, cols;         /* largest tile of `outer` */
    struct {
        size_t rows, cols;
    } dot_tile, far_tile; /* largest tiles of `dot`; far_tile: for a W whose rows share sets of the first cache */
    size_t strip_rows, lanes;
    /* c[m,n] (+)= alpha·a[m,k]·b[k,n]; b rows are readable to `cols`, or to half of it where n is not more */
    void (*outer)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float alpha,
                  bool add, float *c, size_t ldc);
    /* The same, with alpha = 1, for m ≤ strip_rows and n columns, a multiple of `cols`, of a b that lies in a wide
     * matrix and is read in long stretches; `sums` has room for [m][n]. */
    void (*strip)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *sums,
                  bool add, float *c, size_t ldc);
    void (*dot)(size_t m, size_t n, const struct micro_dot *call);
    /* panel[k][cols] = w[n,k] turned over, zero beyond n */
    void (*pack)(size_t n, size_t k, const float *w, size_t ldw, float *panel);
    /* n panels [k][cols], `step` floats apart, of a w [k, n·cols] that is not turned */
    void (*copy)(size_t n, size_t k, const float *w, size_t ldw, float *panels, size_t step);
    micro_narrow_fn *narrow[NARROW_KINDS]; /* m ≤ dot_tile.rows; NULL: by way of widening */
    void (*widen[NARROW_KINDS])(const void *from, size_t n, float *out); /* whole blocks; NULL: the dtype's own serves */
};

bool tile_supports(const struct linear *linear, unsigned class);
bool tile_linear(const struct micro *micro, const struct linear_out *outs, size_t n, const float *x, size_t rows,
                 size_t x_stride, unsigned class, struct err *err);
void tile_abt(const struct micro *micro, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
              const float *b, size_t ldb, bool add, float *c, size_t ldc);
void tile_ab(const struct micro *micro, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
             const float *b, size_t ldb, bool add, float *c, size_t ldc);

/* Bias and activation of n outputs from column `col` on, for every row of y: the end of every kernel's tile. */
void tile_finish(const struct linear_out *out, size_t col, size_t n, size_t rows);

#endif
