/* Products by OpenBLAS, for machines that none of our own vector kernels knows (ARM, x86 without AVX2). The library is
 * loaded when it is first needed; without it the plain kernel serves.
 *
 * Where our kernels run they are faster: on two cores of a Zen 5, [768,3072] and 512 rows, OpenBLAS 0.3.21 with its
 * SkylakeX kernels has 203 GFLOP/s, avx2 237 and avx512 477. It runs with one thread (the pool splits the outputs), and
 * chooses its kernels while it is loaded: a CPU newer than the library falls back to AVX2 kernels, so OPENBLAS_CORETYPE
 * names the AVX-512 ones for that moment.
 *
 * Its kernels sum the edges of a matrix in another order than its middle, so that a row's bits depend on its neighbours:
 * the row says so, and a pass hands over every text alone. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/product/tile.h"

enum { OUTS = 128, ROW_MAJOR = 101, NO_TRANS = 111, TRANS = 112 };

typedef void sgemm_function(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                            const float *b, int ldb, float beta, float *c, int ldc);

static struct {
    pthread_once_t once;
    void *library;
    sgemm_function *sgemm;
} blas = {.once = PTHREAD_ONCE_INIT};

/* Set a variable while the library starts, and put back what was there. */
static void *open_with(const char *name, const char *value, void *(*then)(void))
{
    const char *old = getenv(name);
    char *kept = old ? strdup(old) : NULL;
    setenv(name, value, old == NULL || strcmp(name, "OPENBLAS_NUM_THREADS") == 0);
    void *result = then();
    if (kept)
        setenv(name, kept, 1);
    else
        unsetenv(name);
    free(kept);
    return result;
}

static void *open_library(void)
{
    return dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
}

static void *open_for_cpu(void)
{
    if (simd_has(SIMD_AVX512))
        return open_with("OPENBLAS_CORETYPE", "SkylakeX", open_library);
    return open_library();
}

static void load(void)
{
    blas.library = open_with("OPENBLAS_NUM_THREADS", "1", open_for_cpu);
    if (!blas.library)
        return;
    void *symbol = dlsym(blas.library, "cblas_sgemm");
    memcpy(&blas.sgemm, &symbol, sizeof symbol); /* a function through void *: the POSIX way round ISO C */
}

static bool usable(void)
{
    pthread_once(&blas.once, load);
    return blas.sgemm != NULL;
}

struct call {
    const struct linear_out *outs;
    const float *x;
    size_t n, rows, x_stride;
    size_t tiles[16]; /* first tile of each projection */
    atomic_bool no_memory;
};

/* The weights of outputs [col,col+n) as floats: where they lie, or widened; *stride between rows of W. */
static const float *weights(const struct linear *l, size_t col, size_t n, size_t thread, size_t *stride)
{
    bool rows_are_outs = l->layout == LAYOUT_OUT_IN;
    *stride = rows_are_outs ? l->in : l->out;
    const unsigned char *data = l->w.data;
    if (l->w.dtype == &DTYPE_F32 && !l->w.order && ((uintptr_t)data & 3) == 0)
        return (const float *)l->w.data + (rows_are_outs ? col * l->in : col);
    /* Another type: widen the rows of W that are needed; of [in,out] that is every row. */
    size_t first = rows_are_outs ? col : 0, count = rows_are_outs ? n : l->in;
    float *wide = pool_scratch(thread, 0, count * *stride * sizeof *wide);
    if (!wide)
        return NULL;
    for (size_t i = 0; l->w.order && i < count; i++)
        tensor_row(&l->w, first + i, wide + i * *stride);
    if (!l->w.order)
        l->w.dtype->widen(data + first * (*stride / l->w.dtype->block * l->w.dtype->bytes), count * *stride, wide);
    return rows_are_outs ? wide : wide + col;
}

static void tile(void *context, size_t task, size_t thread)
{
    struct call *call = context;
    size_t which = 0;
    while (which + 1 < call->n && task >= call->tiles[which + 1])
        which++;
    const struct linear_out *out = &call->outs[which];
    const struct linear *l = out->linear;
    size_t col = (task - call->tiles[which]) * OUTS, n = l->out - col < OUTS ? l->out - col : OUTS, stride;
    const float *w = cancel_requested() ? NULL : weights(l, col, n, thread, &stride);
    if (!w) {
        atomic_store(&call->no_memory, true);
        return;
    }
    blas.sgemm(ROW_MAJOR, NO_TRANS, l->layout == LAYOUT_OUT_IN ? TRANS : NO_TRANS, (int)call->rows, (int)n, (int)l->in, 1,
               call->x, (int)call->x_stride, w, (int)stride, 0, out->y + col, (int)out->y_stride);
    tile_finish(out, col, n, call->rows);
}

static bool linear(const struct linear_out *outs, size_t n, const float *x, size_t rows, size_t x_stride, unsigned class,
                   struct err *err)
{
    (void)class;
    struct call call = {.outs = outs, .x = x, .n = n, .rows = rows, .x_stride = x_stride};
    size_t tiles = 0;
    if (n > sizeof call.tiles / sizeof *call.tiles)
        return err_set(err, ERR_LIMIT, "%zu projections at once", n);
    for (size_t i = 0; i < n; i++) {
        call.tiles[i] = tiles;
        tiles += (outs[i].linear->out + OUTS - 1) / OUTS;
    }
    pool_run(tiles, tile, &call);
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    return !atomic_load(&call.no_memory) || err_memory(err, OUTS * outs->linear->in * sizeof(float), "a product");
}

const struct product_kernel product_openblas = {
    .name = "openblas",
    .summary = "OpenBLAS, where no vector kernel of our own knows the CPU",
    .set = SIMD_PLAIN,
    .usable = usable,
    .rows_touch = true,
    .supports = tile_supports,
    .linear = linear,
};
