/* A training step, written once in the words of core/op/lanes_*.h. A file includes its lanes, defines
 * TRAIN_KERNEL, and includes this, which ends in its row.
 *
 * The output rows are taken in groups: their products with h are one small matrix product in which h is read once, and the
 * second pass finds the rows in the first cache. Row after row of a block of W vectors stays in registers while input
 * rows are added up or changed. */
#ifdef TRAIN_KERNEL
#include <string.h>

/* σ(x), relative error below 1e-6; the exponential as 2ⁿ·eʳ, |r| ≤ ln 2 / 2, eʳ by its series. */
LANE_FN vec step_sigmoid(vec x)
{
    x = v_min(v_set(40.0f), v_max(v_set(-40.0f), v_set(0) - x));
    vec magic = v_set(0x1.8p23f);
    vec n = v_fma(x, v_set(0x1.715476p0f), magic) - magic;
    vec r = v_fma(n, v_set(-0x1.62e43p-1f), x);
    vec p = v_set(1.0f / 720);
    p = v_fma(p, r, v_set(1.0f / 120));
    p = v_fma(p, r, v_set(1.0f / 24));
    p = v_fma(p, r, v_set(1.0f / 6));
    p = v_fma(p, r, v_set(0.5f));
    p = v_fma(p, r, v_set(1));
    p = v_fma(p, r, v_set(1));
    return v_set(1) / (v_set(1) + v_scale2(p, n));
}

/* ---- input rows, a block of W vectors ---- */

LANE_FN void step_mean_block(float *const *in, size_t n_in, size_t at, const int W, float *h)
{
    vec sum[8], part = v_set(1.0f / (float)n_in);
#pragma GCC unroll 8
    for (int w = 0; w < W; w++)
        sum[w] = v_load(in[0] + at + w * LANES);
    for (size_t i = 1; i < n_in; i++) {
        const float *row = in[i] + at;
#pragma GCC unroll 8
        for (int w = 0; w < W; w++)
            sum[w] += v_load(row + w * LANES);
    }
#pragma GCC unroll 8
    for (int w = 0; w < W; w++)
        v_store(h + at + w * LANES, sum[w] * part);
}

LANE_FN void step_spread_block(float *const *in, size_t n_in, size_t at, const int W, const float *gradient, vec share)
{
    vec change[8];
#pragma GCC unroll 8
    for (int w = 0; w < W; w++)
        change[w] = v_load(gradient + at + w * LANES) * share;
    for (size_t i = 0; i < n_in; i++) {
        float *row = in[i] + at;
#pragma GCC unroll 8
        for (int w = 0; w < W; w++)
            v_store(row + w * LANES, v_load(row + w * LANES) + change[w]);
    }
}

/* Calls BLOCK(at, W) for blocks of eight vectors and what remains. */
#define STEP_BLOCKS(E, BLOCK)                              \
    do {                                                   \
        size_t at = 0;                                     \
        for (; at + 8 * LANES <= (E); at += 8 * LANES)     \
            BLOCK(at, 8);                                  \
        switch (((E)-at) / LANES) {                        \
        case 7: BLOCK(at, 7); break;                       \
        case 6: BLOCK(at, 6); break;                       \
        case 5: BLOCK(at, 5); break;                       \
        case 4: BLOCK(at, 4); break;                       \
        case 3: BLOCK(at, 3); break;                       \
        case 2: BLOCK(at, 2); break;                       \
        case 1: BLOCK(at, 1); break;                       \
        default: break;                                    \
        }                                                  \
    } while (0)

TARGET static void step_mean(float *const *in, size_t n_in, size_t E, float *h)
{
#define BLOCK(at, W) step_mean_block(in, n_in, at, W, h)
    STEP_BLOCKS(E, BLOCK);
#undef BLOCK
}

TARGET static void step_spread(float *const *in, size_t n_in, size_t E, const float *gradient, float share)
{
    vec shares = v_set(share);
#define BLOCK(at, W) step_spread_block(in, n_in, at, W, gradient, shares)
    STEP_BLOCKS(E, BLOCK);
#undef BLOCK
}

/* ---- a group of K output rows ---- */

LANE_FN void step_scores_of(const float *h, float *const *out, const int K, size_t E, float *scores)
{
    vec sum[TRAIN_GROUP];
#pragma GCC unroll 8
    for (int k = 0; k < TRAIN_GROUP; k++)
        sum[k] = v_set(0);
    for (size_t c = 0; c < E; c += LANES) {
        vec x = v_load(h + c);
#pragma GCC unroll 8
        for (int k = 0; k < K; k++)
            sum[k] = v_fma(v_load(out[k] + c), x, sum[k]);
    }
    v_sum4(sum, scores);
    if (K > 4)
        v_sum4(sum + 4, scores + 4);
}

LANE_FN void step_update_of(const float *h, float *const *out, const int K, size_t E, const float *g, float *gradient, bool first)
{
    vec factor[TRAIN_GROUP];
#pragma GCC unroll 8
    for (int k = 0; k < K; k++)
        factor[k] = v_set(g[k]);
    for (size_t c = 0; c < E; c += LANES) {
        vec x = v_load(h + c), sum = first ? v_set(0) : v_load(gradient + c);
#pragma GCC unroll 8
        for (int k = 0; k < K; k++) {
            vec row = v_load(out[k] + c);
            sum = v_fma(factor[k], row, sum);
            v_store(out[k] + c, v_fma(factor[k], x, row));
        }
        v_store(gradient + c, sum);
    }
}

/* Calls DO(K) with the number of rows as a constant. */
#define STEP_ROWS(K, DO)       \
    switch (K) {               \
    case 1: DO(1); break;      \
    case 2: DO(2); break;      \
    case 3: DO(3); break;      \
    case 4: DO(4); break;      \
    case 5: DO(5); break;      \
    case 6: DO(6); break;      \
    case 7: DO(7); break;      \
    default: DO(8); break;     \
    }

TARGET static void step_scores(const float *h, float *const *out, size_t K, size_t E, float *scores)
{
#define DO(K) step_scores_of(h, out, K, E, scores)
    STEP_ROWS(K, DO)
#undef DO
}

TARGET static void step_update(const float *h, float *const *out, size_t K, size_t E, const float *g, float *gradient, bool first)
{
#define DO(K) step_update_of(h, out, K, E, g, gradient, first)
    STEP_ROWS(K, DO)
#undef DO
}

TARGET static void step(const struct train_step *s, size_t E, float *scratch, float *scores)
{
    const float *h = s->in[0];
    float *gradient = scratch + E;
    if (s->n_in > 1) {
        step_mean(s->in, s->n_in, E, scratch);
        h = scratch;
    }
    for (size_t k = 0; k < s->n_out; k += TRAIN_GROUP)
        step_scores(h, s->out + k, s->n_out - k < TRAIN_GROUP ? s->n_out - k : TRAIN_GROUP, E, scores + k);
    float *g = gradient + E;
    vec rate = v_set(s->rate);
    for (size_t k = 0; k < s->n_out; k += LANES) {
        vec x = v_load(scores + k);
        v_store(g + k, (v_set(0) - step_sigmoid(x)) * rate);
    }
    g[0] += s->rate;
    for (size_t k = 0; k < s->n_out; k += TRAIN_GROUP)
        step_update(h, s->out + k, s->n_out - k < TRAIN_GROUP ? s->n_out - k : TRAIN_GROUP, E, g + k, gradient, k == 0);
    step_spread(s->in, s->n_in, E, gradient, s->share);
}

const struct train_kernel TRAIN_KERNEL = {.step = step};
#endif
