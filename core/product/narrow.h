/* Dot products with a W that is stored in fewer bits, widened on its way into the sums. Part of micro.h, which see; the numbers
 * are those of core/weights/blocks_*.c, by the same operations in the same order. */
#ifdef MICRO_NAME
#include "core/weights/blocks.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

LANE_FN float narrow_half(const unsigned char *b)
{
    uint16_t half;
    __builtin_memcpy(&half, b, sizeof half);
    return _cvtsh_ss(half);
}

/* Four or five bits of a group of 32 in a block of 256, less a least value: Q4_K, Q5_K. */
LANE_FN vec narrow_k(const unsigned char *b, const unsigned char *fifths, const unsigned char *nibbles, size_t g, size_t j)
{
    float scale, least;
    k_scale_and_least(b + 4, (int)g, &scale, &least);
    scale *= narrow_half(b);
    least *= narrow_half(b + 2);
    vec q = v_load_bits(nibbles + g / 2 * 32 + j, (int)(g % 2 * 4), fifths ? fifths + j : NULL, (int)g, 1);
    return v_set(scale) * q - v_set(least);
}

LANE_FN vec narrow_q6_k(const unsigned char *b, size_t g, size_t j)
{
    size_t sixteenth = 2 * g + j / 16, half = sixteenth / 8, quarter = sixteenth % 8 / 2, at = sixteenth % 2 * 16 + j % 16;
    const unsigned char *low = b + half * 64 + quarter % 2 * 32 + at, *high = b + 128 + half * 32 + at;
    float scale = narrow_half(b + 208) * (float)(signed char)b[192 + sixteenth];
    return v_set(scale) * (v_load_bits(low, (int)(quarter / 2 * 4), high, (int)(quarter * 2), 3) - v_set(32));
}

/* LANES numbers of a block, from number j of its group g on. */
LANE_FN vec narrow_load(const int kind, const unsigned char *block, size_t g, size_t j)
{
    switch (kind) {
    case NARROW_F16: return v_load_f16(block + 2 * j);
    case NARROW_BF16: return v_load_bf16(block + 2 * j);
    case NARROW_Q8_0: return v_set(narrow_half(block)) * v_load_i8(block + 2 + j);
    case NARROW_Q4_0: return v_set(narrow_half(block)) * (v_load_bits(block + 2 + j % 16, j < 16 ? 0 : 4, NULL, 0, 0) - v_set(8));
    case NARROW_Q4_K: return narrow_k(block, NULL, block + 16, g, j);
    case NARROW_Q5_K: return narrow_k(block, block + 16, block + 48, g, j);
    default: return narrow_q6_k(block, g, j);
    }
}

LANE_FN void narrow_body(const int m, const int kind, const size_t numbers, const size_t bytes, const struct micro_narrow *call)
{
    const int n = MICRO_DOT_COLS;
    vec sums[MICRO_DOT_ROWS * MICRO_DOT_COLS + 3];
    const float *x = call->x;
    const unsigned char *w = call->w;
    const char *ahead = call->ahead;
    const size_t row = call->w_row, ldx = call->x_stride;
    UNROLL for (int j = 0; j < (m * n + 3) / 4 * 4; j++) sums[j] = v_set(0);
    for (size_t i = 0; i < call->k; i += numbers, w += bytes) {
        for (size_t g = 0; g < numbers / NARROW_GROUP; g++, x += NARROW_GROUP, ahead += call->ahead_step) {
            for (size_t line = 0; line < call->ahead_step; line += 64)
                __builtin_prefetch(ahead + line, 0, 2);
            UNROLL for (size_t j = 0; j < NARROW_GROUP; j += LANES)
            {
                vec xv[MICRO_DOT_ROWS];
                UNROLL for (int r = 0; r < m; r++) xv[r] = v_load(x + (size_t)r * ldx + j);
                UNROLL for (int o = 0; o < n; o++)
                {
                    vec wv = narrow_load(kind, w + (size_t)o * row, g, j);
                    UNROLL for (int r = 0; r < m; r++) sums[r * n + o] = v_fma(xv[r], wv, sums[r * n + o]);
                }
            }
        }
    }
    float flat[MICRO_DOT_ROWS * MICRO_DOT_COLS + 3];
    UNROLL for (int j = 0; j < m * n; j += 4) v_sum4(sums + j, flat + j);
    UNROLL for (int r = 0; r < m; r++)
        UNROLL for (int o = 0; o < n; o++) call->c[(size_t)r * call->c_stride + (size_t)o] = flat[r * n + o];
}

/* Types without blocks are read by the group. */
enum {
    BLOCK_F16 = NARROW_GROUP, BLOCK_BYTES_F16 = 2 * NARROW_GROUP,
    BLOCK_BF16 = NARROW_GROUP, BLOCK_BYTES_BF16 = 2 * NARROW_GROUP,
};

#define NARROW(kind)                                                                                                  \
    TARGET static void widen_##kind(const void *from, size_t n, float *out)                                           \
    {                                                                                                                 \
        const unsigned char *b = from;                                                                                \
        for (size_t i = 0; i < n; i += BLOCK_##kind, b += BLOCK_BYTES_##kind)                                         \
            for (size_t g = 0; g < BLOCK_##kind / NARROW_GROUP; g++, out += NARROW_GROUP)                             \
                UNROLL for (size_t j = 0; j < NARROW_GROUP; j += LANES)                                               \
                    v_store(out + j, narrow_load(NARROW_##kind, b, g, j));                                            \
    }
NARROW_BLOCKS(NARROW)
#undef NARROW

_Static_assert(MICRO_DOT_ROWS == 4, "narrow tiles have up to four rows");
#define NARROW(kind)                                                                                                  \
    TARGET static void narrow_##kind(size_t m, const struct micro_narrow *call)                                       \
    {                                                                                                                 \
        switch (m) {                                                                                                  \
        case 1: narrow_body(1, NARROW_##kind, BLOCK_##kind, BLOCK_BYTES_##kind, call); break;                         \
        case 2: narrow_body(2, NARROW_##kind, BLOCK_##kind, BLOCK_BYTES_##kind, call); break;                         \
        case 3: narrow_body(3, NARROW_##kind, BLOCK_##kind, BLOCK_BYTES_##kind, call); break;                         \
        default: narrow_body(4, NARROW_##kind, BLOCK_##kind, BLOCK_BYTES_##kind, call); break;                        \
        }                                                                                                             \
    }
NARROWS(NARROW)
#undef NARROW
#endif
