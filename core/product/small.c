/* Small float products on the calling thread: scores and outputs of attention heads. The same tile kernels as in
 * tile.c, with panels on the stack. */
#include "core/product/tile.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* C (+)= alpha·A·panel for all rows of A; k inputs from A's first column on. */
static void rows_by_panel(const struct micro *micro, size_t m, size_t n, size_t k, float alpha, const float *a,
                          size_t lda, const float *panel, size_t ldp, bool add, float *c, size_t ldc)
{
    size_t blocks = (m + micro->rows - 1) / micro->rows;
    for (size_t b = 0, r = 0; b < blocks; b++) {
        size_t height = (m - r + (blocks - b) - 1) / (blocks - b);
        micro->outer(height, n, k, a + r * lda, lda, panel, ldp, alpha, add, c + r * ldc, ldc);
        r += height;
    }
}

void tile_abt(const struct micro *micro, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
              const float *b, size_t ldb, bool add, float *c, size_t ldc)
{
    _Alignas(64) float panel[TILE_DEPTH * TILE_MAX_COLS];
    if (m == 0)
        return;
    for (size_t col = 0; col < n; col += micro->cols) {
        size_t width = smaller(n - col, micro->cols), at = 0;
        do {
            size_t depth = smaller(k - at, TILE_DEPTH);
            micro->pack(width, depth, b + col * ldb + at, ldb, panel);
            rows_by_panel(micro, m, width, depth, alpha, a + at, lda, panel, micro->cols, add || at > 0, c + col, ldc);
            at += depth;
        } while (at < k);
    }
}

/* One block of rows of A, k deep, against all columns of B. */
static void block_by_columns(const struct micro *micro, size_t m, size_t n, size_t k, float alpha, const float *a,
                             size_t lda, const float *b, size_t ldb, bool add, float *c, size_t ldc)
{
    _Alignas(64) float panel[TILE_DEPTH * TILE_MAX_COLS];
    for (size_t col = 0; col < n; col += micro->cols) {
        size_t width = smaller(n - col, micro->cols);
        const float *p = b + col;
        size_t ldp = ldb;
        if (width < micro->cols) { /* the kernel reads whole panels */
            for (size_t i = 0; i < k; i++) {
                memcpy(panel + i * micro->cols, p + i * ldb, width * sizeof(float));
                memset(panel + i * micro->cols + width, 0, (micro->cols - width) * sizeof(float));
            }
            p = panel;
            ldp = micro->cols;
        }
        rows_by_panel(micro, m, width, k, alpha, a, lda, p, ldp, add, c + col, ldc);
    }
}

void tile_ab(const struct micro *micro, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
             const float *b, size_t ldb, bool add, float *c, size_t ldc)
{
    enum { STRIDE = TILE_DEPTH + 16 };
    _Alignas(64) float spread[TILE_MAX_ROWS * STRIDE];
    bool collide = lda % 1024 == 0; /* rows that share a set of the first cache */
    size_t step = collide ? micro->rows : m, at = 0;
    if (m == 0 || n == 0)
        return;
    do {
        size_t depth = smaller(k - at, TILE_DEPTH);
        for (size_t r = 0; r < m; r += step) {
            size_t rows = smaller(m - r, step), stride = lda;
            const float *x = a + r * lda + at;
            if (collide) {
                for (size_t i = 0; i < rows; i++)
                    memcpy(spread + i * STRIDE, x + i * lda, depth * sizeof(float));
                x = spread;
                stride = STRIDE;
            }
            block_by_columns(micro, rows, n, depth, alpha, x, stride, b + at * ldb, ldb, add || at > 0, c + r * ldc, ldc);
        }
        at += depth;
    } while (at < k);
}
