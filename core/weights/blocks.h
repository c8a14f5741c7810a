/* Numbers that are stored in blocks with a scale of their own, as GGUF files have them (ggml-quants of llama.cpp).
 *
 * A row of dtype a kind; the last element of a block is its `block`-th, and a tensor's rows begin at block starts. Each widens to
 * the very floats of ggml's reference, operation for operation: scale times number, in single precision. */
#ifndef GAZE_CORE_WEIGHTS_BLOCKS_H
#define GAZE_CORE_WEIGHTS_BLOCKS_H

#include <string.h>

#include "core/base/simd.h"
#include "core/weights/dtype.h"

extern const struct dtype DTYPE_Q4_0, DTYPE_Q4_1, DTYPE_Q5_0, DTYPE_Q5_1, DTYPE_Q8_0; /* blocks_plain.c: 32 numbers */
extern const struct dtype DTYPE_IQ4_NL, DTYPE_MXFP4, DTYPE_NVFP4;                     /* blocks_table.c: 4 bits of a table */
extern const struct dtype DTYPE_TQ1_0, DTYPE_TQ2_0, DTYPE_IQ4_XS;                     /* the same file: 256 numbers */
extern const struct dtype DTYPE_Q2_K, DTYPE_Q3_K, DTYPE_Q4_K, DTYPE_Q5_K, DTYPE_Q6_K, DTYPE_Q8_K; /* blocks_k.c: 256 numbers */
extern const struct dtype DTYPE_IQ1_S, DTYPE_IQ1_M, DTYPE_IQ2_XXS, DTYPE_IQ2_XS, DTYPE_IQ2_S;     /* blocks_grid.c: 256 numbers */
extern const struct dtype DTYPE_IQ3_XXS, DTYPE_IQ3_S;

/* ---- for the files that define them ---- */

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF /* GCC with -std=c17 joins no product and sum anyway */
#endif

static inline unsigned u16_at(const unsigned char *b)
{
    return b[0] | (unsigned)b[1] << 8;
}

static inline uint32_t u32_at(const unsigned char *b)
{
    return u16_at(b) | (uint32_t)u16_at(b + 2) << 16;
}

/* The half-precision number that lies at b. */
static inline float half_at(const unsigned char *b)
{
    return half_to_float((uint16_t)u16_at(b));
}

/* Scale and least value g of eight, six bits each in twelve bytes: Q4_K, Q5_K. */
static inline void k_scale_and_least(const unsigned char *s, int g, float *scale, float *least)
{
    if (g < 4) {
        *scale = (float)(s[g] & 63);
        *least = (float)(s[g + 4] & 63);
    } else {
        *scale = (float)((s[g + 4] & 15) | s[g - 4] >> 6 << 4);
        *least = (float)(s[g + 4] >> 4 | s[g] >> 6 << 4);
    }
}

#if defined(__x86_64__)
#define BLOCKS_AVX512 __attribute__((flatten, target("avx512f,avx512bw,avx512vl,avx512dq")))
#define BLOCKS_AVX2 __attribute__((flatten, target("avx2")))
#else
#define BLOCKS_AVX512
#define BLOCKS_AVX2
#endif

#define BLOCKS_WIDEN(name, n, size, one)                                                                                         \
    name(const void *from, size_t count, float *out)                                                                             \
    {                                                                                                                            \
        const unsigned char *b = from;                                                                                           \
        for (size_t i = 0; i < count; i += (n), b += (size))                                                                     \
            one(b, out + i);                                                                                                     \
    }

/* One kind: `one`, inline, widens a block of n numbers that lies in `size` bytes. It is compiled for every instruction set, by
 * the same operations in the same order: the numbers do not depend on it. */
#define BLOCKS(kind, n, size, one)                                                                                               \
    static void BLOCKS_WIDEN(kind##_plain, n, size, one)                                                                         \
    BLOCKS_AVX2 static void BLOCKS_WIDEN(kind##_avx2, n, size, one)                                                              \
    BLOCKS_AVX512 static void BLOCKS_WIDEN(kind##_avx512, n, size, one)                                                          \
    static void widen_##kind(const void *from, size_t count, float *out)                                                         \
    {                                                                                                                            \
        static void (*const table[SIMD_SETS])(const void *, size_t, float *) = {                                                 \
            [SIMD_PLAIN] = kind##_plain, [SIMD_AVX2] = kind##_avx2, [SIMD_AVX512] = kind##_avx512};                              \
        SIMD_BEST(table)(from, count, out);                                                                                      \
    }                                                                                                                            \
    const struct dtype DTYPE_##kind = {#kind, n, size, true, widen_##kind};

#endif
