/* The loops around the tile kernels. See tile.h.
 *
 * Longer sums are cut into pieces of TILE_DEPTH inputs that are added in order: it keeps panels in the second cache
 * and the rounding error near that of a blocked sum (Higham 1993). The blocking of memory follows Goto and van de
 * Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008). */
#include "core/product/tile.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/op/activation.h"
#include "core/op/kernel.h"
#include "core/weights/blocks.h"

enum {
    DOTS_COLS = 96,   /* outputs of a task */
    DOTS_ROWS = 48,   /* rows that share one reading of a block of W */
    FEW_ROWS = 12, /* they and a whole block of W fit the caches */
    DOTS_DEPTH = 768, /* inputs of a block of W: six rows of it stay in the first cache */
    FAR_DEPTH = 1536,  /* likewise of a far tile */
    SPREAD_DEPTH = 512, /* inputs of a block of W that is copied */
    PANELS_COLS = 96,
    STRIP_COLS = 384, /* of a task that reads [in,out] in place */
    GROUP_ROWS = 512 /* rows of a task: more are cut, for many threads */
};

/* The ways through a weight: see tile.h. */
enum way { WAY_DOTS, WAY_STRIPS, WAY_PANELS };

struct job {
    const struct micro *micro;
    const struct linear_out *outs;
    size_t n;
    const float *x;
    size_t rows, x_stride, cols, row_groups, threads;
    bool (*task)(const struct job *job, size_t task, size_t thread);
    atomic_int failed; /* an err_code */
};

/* Where task number `task` lies: an output, its columns [from,to), and the group of rows. */
struct place {
    const struct linear_out *out;
    size_t from, to, row, rows;
};

static struct place place_of(const struct job *job, size_t task)
{
    struct place p = {.row = task % job->row_groups};
    size_t tile = task / job->row_groups, i = 0;
    for (; i + 1 < job->n; i++) {
        size_t tiles = (job->outs[i].linear->out + job->cols - 1) / job->cols;
        if (tile < tiles)
            break;
        tile -= tiles;
    }
    p.out = &job->outs[i];
    size_t out = p.out->linear->out;
    p.from = tile * job->cols;
    p.to = p.from + job->cols < out ? p.from + job->cols : out;
    size_t first = job->rows * p.row / job->row_groups, end = job->rows * (p.row + 1) / job->row_groups;
    p.row = first;
    p.rows = end - first;
    return p;
}

void tile_finish(const struct linear_out *out, size_t col, size_t n, size_t rows)
{
    const struct op_kernel *op = op_kernel_best();
    const float *bias = out->linear->bias;
    for (size_t r = 0; r < rows; r++) {
        float *y = out->y + r * out->y_stride + col;
        if (bias)
            op->add(y, bias + col, n);
        if (out->activation)
            out->activation->apply(y, n);
    }
}

/* The i-th of `parts` nearly equal parts of [0,n). */
static size_t part_of(size_t n, size_t parts, size_t i)
{
    return n / parts * i + (n % parts < i ? n % parts : i);
}

/* The bytes of element `index` of the weight. A block type is only entered at block starts. */
static const void *element(const struct tensor *w, size_t index)
{
    return (const unsigned char *)w->data + index / w->dtype->block * w->dtype->bytes;
}

/* Which of the types that kernels read as they are stored; NARROW_KINDS: none. */
static enum narrow narrow_kind(const struct dtype *type)
{
#define NARROW(kind) [NARROW_##kind] = &DTYPE_##kind,
    static const struct dtype *const types[NARROW_KINDS] = {NARROWS(NARROW)};
#undef NARROW
    enum narrow kind = 0;
    while (kind < NARROW_KINDS && types[kind] != type)
        kind++;
    return kind;
}

static void widen(const struct micro *micro, const struct tensor *w, size_t index, size_t n, float *out)
{
    enum narrow kind = narrow_kind(w->dtype);
    bool own = kind < NARROW_KINDS && micro->widen[kind];
    (own ? micro->widen[kind] : w->dtype->widen)(element(w, index), n, out);
}

/* Do its numbers lie otherwise than as floats in order? */
static bool is_wide(const struct tensor *w)
{
    return w->dtype != &DTYPE_F32 || w->order;
}

/* Rows [row,row+n) of the weight [out,in]. */
static void widen_rows(const struct micro *micro, const struct tensor *w, size_t row, size_t n, size_t in, float *out)
{
    if (!w->order)
        widen(micro, w, row * in, n * in, out);
    for (size_t i = 0; w->order && i < n; i++)
        widen(micro, w, w->order[row + i] * in, in, out + i * in);
}

/* Rows whose distance is a multiple of the first cache's way all fall into one set of it: such a block is copied where the
 * sets have no room for a tile's. */
static bool rows_collide(size_t stride)
{
    return stride % 1024 == 0;
}

static const float *spread_rows(const float *x, size_t stride, size_t rows, size_t k, float *out, size_t out_stride)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(out + r * out_stride, x + r * stride, k * sizeof(float));
    return out;
}

/* ---- dot products with W as it lies ---- */

/* n outputs of W from `w` on against a group of rows; `next` is the block that follows, or NULL. `spread` has room for
 * a block of W. */
static void dots_block(const struct job *job, const float *w, size_t in, size_t n, const float *x, size_t rows, float *y,
                       size_t y_stride, float *sums, float *spread, bool far, const float *next)
{
    const struct micro *micro = job->micro;
    bool collide = far && rows_collide(job->x_stride);
    size_t most = far ? micro->far_tile.rows : micro->dot_tile.rows, blocks = (rows + most - 1) / most, at = 0;
    size_t depth = rows <= FEW_ROWS ? in : collide ? SPREAD_DEPTH : far ? FAR_DEPTH : DOTS_DEPTH;
    do {
        size_t k = in - at < depth ? in - at : depth;
        size_t steps = k / micro->lanes, bytes = n * k * sizeof(float);
        size_t step = next && steps ? (bytes + blocks * steps - 1) / (blocks * steps) : 0;
        const float *block = collide ? spread_rows(w + at, in, n, k, spread, k) : w + at;
        for (size_t b = 0; b < blocks; b++) {
            size_t r = part_of(rows, blocks, b), m = part_of(rows, blocks, b + 1) - r;
            struct micro_dot call = {
                .x = x + r * job->x_stride + at,
                .x_stride = job->x_stride,
                .w = block,
                .w_stride = collide ? k : in,
                .k = k,
                .ahead = next ? (const char *)(next + n * at) + step * b * steps : NULL,
                .ahead_step = step,
                .first = at == 0,
                .last = at + k == in,
                .sums = sums + b * TILE_MAX_SUMS,
                .c = y + r * y_stride,
                .c_stride = y_stride,
            };
            micro->dot(m, n, &call);
        }
        at += k;
    } while (at < in);
}

/* The kernel that reads W as it is stored, for a few rows; NULL: W is widened first. */
static micro_narrow_fn *narrow_of(const struct micro *micro, const struct linear *l, size_t rows)
{
    enum narrow kind = narrow_kind(l->w.dtype);
    bool usable = kind < NARROW_KINDS && rows <= FEW_ROWS && !l->w.order && l->in % NARROW_GROUP == 0;
    return usable ? micro->narrow[kind] : NULL;
}

/* dot_tile.cols outputs from column `col` on; the same number from `next` on are fetched meanwhile. */
static void narrow_block(const struct job *job, const struct place *p, micro_narrow_fn *narrow, size_t col, size_t next)
{
    const struct linear *l = p->out->linear;
    size_t most = job->micro->dot_tile.rows, blocks = (p->rows + most - 1) / most, groups = l->in / NARROW_GROUP;
    struct micro_narrow call = {
        .x_stride = job->x_stride,
        .w = element(&l->w, col * l->in),
        .w_row = l->in / l->w.dtype->block * l->w.dtype->bytes,
        .k = l->in,
        .c_stride = p->out->y_stride,
    };
    if (next + job->micro->dot_tile.cols <= l->out) {
        call.ahead = element(&l->w, next * l->in);
        call.ahead_step = job->micro->dot_tile.cols * call.w_row / groups;
    }
    for (size_t b = 0; b < blocks; b++, call.ahead_step = 0) {
        size_t r = part_of(p->rows, blocks, b), m = part_of(p->rows, blocks, b + 1) - r;
        call.x = job->x + (p->row + r) * job->x_stride;
        call.c = p->out->y + (p->row + r) * p->out->y_stride + col;
        narrow(m, &call);
    }
}

static bool dots_task(const struct job *job, size_t task, size_t thread)
{
    const struct micro *micro = job->micro;
    struct place p = place_of(job, task);
    const struct linear *l = p.out->linear;
    bool wide = is_wide(&l->w);
    micro_narrow_fn *narrow = narrow_of(micro, l, p.rows);
    size_t n_sums = (DOTS_ROWS + 1) * TILE_MAX_SUMS, n_spread = micro->dot_tile.cols * SPREAD_DEPTH;
    bool far = p.rows > FEW_ROWS && rows_collide(l->in);
    size_t most = far ? micro->far_tile.cols : micro->dot_tile.cols;
    float *sums =
        pool_scratch(thread, 0, (n_sums + n_spread + (wide ? most * l->in : 0)) * sizeof(float));
    if (!sums)
        return false;
    float *spread = sums + n_sums, *widened = spread + n_spread;
    for (size_t c = p.from; c < p.to; c += most) {
        size_t n = p.to - c < most ? p.to - c : most;
        const float *w = element(&l->w, c * l->in);
        /* the thread's next tile is probably the one that is `threads` further on */
        size_t next = c + n < p.to ? c + n : p.from + job->threads * job->cols;
        if (narrow && n == most) {
            narrow_block(job, &p, narrow, c, next);
            continue;
        }
        if (wide) {
            widen_rows(micro, &l->w, c, n, l->in, widened);
            w = widened;
        }
        for (size_t r = 0; r < p.rows; r += DOTS_ROWS) {
            size_t rows = p.rows - r < DOTS_ROWS ? p.rows - r : DOTS_ROWS;
            dots_block(job, w, l->in, n, job->x + (p.row + r) * job->x_stride, rows,
                        p.out->y + (p.row + r) * p.out->y_stride + c, p.out->y_stride, sums, spread, far,
                        !wide && r == 0 && next < l->out ? element(&l->w, next * l->in) : NULL);
        }
    }
    return true;
}

/* ---- panels of W, turned over ---- */

/* Outputs [col,col+n) by inputs [at,at+k) of the weight as a panel [k][cols]. */
static void make_panel(const struct micro *micro, const struct linear *l, size_t col, size_t n, size_t at, size_t k,
                       float *panel, float *rows)
{
    bool wide = is_wide(&l->w);
    if (l->layout == LAYOUT_IN_OUT) {
        for (size_t i = 0; i < k; i++, panel += micro->cols) {
            size_t index = (at + i) * l->out + col;
            if (wide)
                widen(micro, &l->w, index, n, panel);
            else
                memcpy(panel, element(&l->w, index), n * sizeof(float));
            memset(panel + n, 0, (micro->cols - n) * sizeof(float));
        }
        return;
    }
    if (!wide) {
        const float *w = (const float *)element(&l->w, col * l->in) + at;
        micro->pack(n, k, w, l->in, panel);
        return;
    }
    if (l->w.dtype->block == 1) {
        for (size_t o = 0; o < n; o++)
            widen(micro, &l->w, (l->w.order ? l->w.order[col + o] : col + o) * l->in + at, k, rows + o * TILE_DEPTH);
        micro->pack(n, k, rows, TILE_DEPTH, panel);
    } else { /* blocks of numbers are entered at a row's start only */
        if (at == 0)
            widen_rows(micro, &l->w, col, n, l->in, rows);
        micro->pack(n, k, rows + at, l->in, panel);
    }
}

enum { SPREAD = TILE_DEPTH + 16 };

/* While the processor multiplies, the weights that are packed next come nearer: part `i` of `parts` of the tile's next
 * inputs, or of the first inputs of the tile that this thread probably gets next. */
static void fetch_ahead(const struct job *job, const struct place *p, size_t at, size_t i, size_t parts)
{
    const struct linear *l = p->out->linear;
    size_t cols = p->to - p->from, from = p->from;
    bool turned = l->layout == LAYOUT_IN_OUT;
    if (l->w.dtype->block != 1 || l->w.order)
        return;
    if (at >= l->in) {
        at = 0;
        from += job->cols * job->threads;
    }
    size_t k = l->in - at < TILE_DEPTH ? l->in - at : TILE_DEPTH;
    for (size_t r = part_of(k, parts, i); turned && from < l->out && r < part_of(k, parts, i + 1); r++) {
        const char *line = element(&l->w, (at + r) * l->out + from);
        size_t n = l->out - from < cols ? l->out - from : cols;
        for (size_t b = 0; b < n * l->w.dtype->bytes; b += 64)
            __builtin_prefetch(line + b, 0, 2);
    }
    for (size_t c = turned ? l->out : from + part_of(cols, parts, i);
         c < from + part_of(cols, parts, i + 1) && c < l->out; c++) {
        const char *line = element(&l->w, c * l->in + at);
        for (size_t b = 0; b < k * l->w.dtype->bytes; b += 64)
            __builtin_prefetch(line + b, 0, 2);
    }
}

/* Few rows by a weight [in,out] as it lies; columns beyond whole panels by a copy of them. */
static bool strips_task(const struct job *job, size_t task, size_t thread)
{
    const struct micro *micro = job->micro;
    struct place p = place_of(job, task);
    const struct linear *l = p.out->linear;
    size_t whole = (p.to - p.from) / micro->cols * micro->cols, rest = p.to - p.from - whole;
    size_t blocks = (p.rows + micro->strip_rows - 1) / micro->strip_rows, at = 0;
    float *sums = pool_scratch(thread, 0, (micro->strip_rows * whole + TILE_DEPTH * micro->cols) * sizeof(float));
    if (!sums)
        return false;
    float *panel = sums + micro->strip_rows * whole;
    do {
        size_t k = l->in - at < TILE_DEPTH ? l->in - at : TILE_DEPTH;
        if (rest)
            make_panel(micro, l, p.from + whole, rest, at, k, panel, NULL);
        for (size_t b = 0; b < blocks; b++) {
            size_t r = part_of(p.rows, blocks, b), m = part_of(p.rows, blocks, b + 1) - r;
            const float *x = job->x + (p.row + r) * job->x_stride + at;
            float *y = p.out->y + (p.row + r) * p.out->y_stride + p.from;
            if (whole)
                micro->strip(m, whole, k, x, job->x_stride, element(&l->w, at * l->out + p.from), l->out, sums, at > 0, y,
                             p.out->y_stride);
            if (rest)
                micro->outer(m, rest, k, x, job->x_stride, panel, micro->cols, 1, at > 0, y + whole, p.out->y_stride);
        }
        at += k;
    } while (at < l->in);
    return true;
}

static bool panels_task(const struct job *job, size_t task, size_t thread)
{
    const struct micro *micro = job->micro;
    struct place p = place_of(job, task);
    const struct linear *l = p.out->linear;
    size_t panels = (p.to - p.from + micro->cols - 1) / micro->cols, panel_size = TILE_DEPTH * micro->cols;
    size_t rows_size = micro->cols * (l->w.dtype->block > 1 ? panels * l->in : TILE_DEPTH);
    float *panel =
        pool_scratch(thread, 0, (panels * panel_size + rows_size + TILE_MAX_ROWS * SPREAD) * sizeof(float));
    if (!panel)
        return false;
    float *wide = panel + panels * panel_size, *spread = wide + rows_size;
    size_t blocks = (p.rows + micro->rows - 1) / micro->rows, at = 0;
    do {
        size_t k = l->in - at < TILE_DEPTH ? l->in - at : TILE_DEPTH;
        size_t copied = l->layout == LAYOUT_IN_OUT && !is_wide(&l->w) ? (p.to - p.from) / micro->cols : 0;
        if (copied)
            micro->copy(copied, k, element(&l->w, at * l->out + p.from), l->out, panel, panel_size);
        for (size_t i = copied; i < panels; i++) {
            size_t col = p.from + i * micro->cols, n = p.to - col < micro->cols ? p.to - col : micro->cols;
            make_panel(micro, l, col, n, at, k, panel + i * panel_size,
                       l->w.dtype->block > 1 ? wide + i * micro->cols * l->in : wide);
        }
        for (size_t b = 0; b < blocks; b++) {
            size_t r = part_of(p.rows, blocks, b), m = part_of(p.rows, blocks, b + 1) - r;
            size_t x_stride = job->x_stride;
            const float *x = job->x + (p.row + r) * x_stride + at;
            if (rows_collide(x_stride)) {
                x = spread_rows(x, x_stride, m, k, spread, SPREAD);
                x_stride = SPREAD;
            }
            for (size_t i = 0; i < panels; i++) {
                size_t col = p.from + i * micro->cols, n = p.to - col < micro->cols ? p.to - col : micro->cols;
                fetch_ahead(job, &p, at + k, b * panels + i, blocks * panels);
                micro->outer(m, n, k, x, x_stride, panel + i * panel_size, micro->cols, 1, at > 0,
                             p.out->y + (p.row + r) * p.out->y_stride + col, p.out->y_stride);
            }
        }
        at += k;
    } while (at < l->in);
    return true;
}

static void run_task(void *context, size_t task, size_t thread)
{
    struct job *job = context;
    if (atomic_load_explicit(&job->failed, memory_order_relaxed))
        return;
    if (cancel_requested()) {
        atomic_store(&job->failed, ERR_CANCELLED);
        return;
    }
    if (!job->task(job, task, thread)) {
        atomic_store(&job->failed, ERR_MEMORY);
        return;
    }
    struct place p = place_of(job, task);
    struct linear_out rest = *p.out;
    rest.y += p.row * rest.y_stride;
    tile_finish(&rest, p.from, p.to - p.from, p.rows);
}

bool tile_supports(const struct linear *linear, unsigned class)
{
    (void)class;
    const struct dtype *d = linear->w.dtype;
    if (!d || !d->is_float || !d->widen)
        return false;
    return d->block == 1 || (linear->layout == LAYOUT_OUT_IN && linear->in % d->block == 0);
}

/* Outputs that go one way. */
static bool run_some(const struct micro *micro, const struct linear_out *outs, size_t n, enum way way, const float *x,
                     size_t rows, size_t x_stride, struct err *err)
{
    static const struct {
        bool (*task)(const struct job *job, size_t task, size_t thread);
        size_t cols;
    } ways[] = {[WAY_DOTS] = {dots_task, DOTS_COLS}, [WAY_STRIPS] = {strips_task, STRIP_COLS}, [WAY_PANELS] = {panels_task, PANELS_COLS}};
    struct job job = {.micro = micro, .outs = outs, .n = n, .x = x, .rows = rows, .x_stride = x_stride};
    job.task = ways[way].task;
    job.cols = ways[way].cols;
    job.threads = pool_threads(); /* for prefetches alone */
    job.row_groups = (rows + GROUP_ROWS - 1) / GROUP_ROWS;
    size_t tiles = 0;
    for (size_t i = 0; i < n; i++)
        tiles += (outs[i].linear->out + job.cols - 1) / job.cols;
    pool_run(tiles * job.row_groups, run_task, &job);
    int failed = atomic_load(&job.failed);
    if (failed == ERR_CANCELLED)
        return err_set(err, ERR_CANCELLED, "cancelled");
    return !failed || err_memory(err, 0, "a product's tile");
}

static enum way way_of(const struct linear *l, size_t rows, unsigned class)
{
    if (l->layout == LAYOUT_IN_OUT)
        return rows <= FEW_ROWS && !is_wide(&l->w) ? WAY_STRIPS : WAY_PANELS;
    return class == CLASS_LONG || (class == CLASS_MIDDLE && l->in > TILE_NARROW) ? WAY_PANELS : WAY_DOTS;
}

bool tile_linear(const struct micro *micro, const struct linear_out *outs, size_t n, const float *x, size_t rows,
                 size_t x_stride, unsigned class, struct err *err)
{
    for (size_t i = 0, j; i < n && rows > 0; i = j) {
        enum way way = way_of(outs[i].linear, rows, class);
        for (j = i + 1; j < n; j++)
            if (way != way_of(outs[j].linear, rows, class))
                break;
        if (!run_some(micro, outs + i, j - i, way, x, rows, x_stride, err))
            return false;
    }
    return true;
}
