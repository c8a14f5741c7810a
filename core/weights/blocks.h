/* Numbers that are stored in blocks with a scale of their own, as GGUF files have them (ggml-quants of llama.cpp).
 *
 * A row of dtype a kind; the last element of a block is its `block`-th, and a tensor's rows begin at block starts. Each widens to
 * the very floats of ggml's reference, operation for operation: scale times number, in single precision. */
#ifndef GAZE_CORE_WEIGHTS_BLOCKS_H
#define GAZE_CORE_WEIGHTS_BLOCKS_H

#include <string.h>

#include "core/base/simd.h"
#include "core/op/half.h"
#include "core/weights/dtype.h"

/* Every kind: its name, numbers a block, bytes a block. */
#define BLOCK_KINDS(X)                                                                                                           \
    /* blocks_plain.c */ X(Q4_0, 32, 18) X(Q4_1, 32, 20) X(Q5_0, 32, 22) X(Q5_1, 32, 24) X(Q8_0, 32, 34)                         \
    /* blocks_table.c */ X(IQ4_NL, 32, 18) X(IQ4_XS, 256, 136) X(MXFP4, 32, 17) X(NVFP4, 64, 36) X(TQ1_0, 256, 54)               \
    X(TQ2_0, 256, 66)                                                                                                            \
    /* blocks_k.c */ X(Q2_K, 256, 84) X(Q3_K, 256, 110) X(Q4_K, 256, 144) X(Q5_K, 256, 176) X(Q6_K, 256, 210)                    \
    X(Q8_K, 256, 292)                                                                                                            \
    /* blocks_grid.c */ X(IQ2_XXS, 256, 66) X(IQ2_XS, 256, 74) X(IQ2_S, 256, 82) X(IQ3_XXS, 256, 98) X(IQ3_S, 256, 110)          \
    X(IQ1_S, 256, 50) X(IQ1_M, 256, 56)

#define KIND(kind, n, size) extern const struct dtype DTYPE_##kind;
BLOCK_KINDS(KIND)
#undef KIND

#define KIND(kind, n, size) BLOCK_##kind = (n), BLOCK_BYTES_##kind = (size),
enum { BLOCK_KINDS(KIND) };
#undef KIND

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

#define BLOCKS_WIDEN(name, kind, one)                                                                                             \
    name(const void *from, size_t count, float *out)                                                                             \
    {                                                                                                                            \
        const unsigned char *b = from;                                                                                           \
        for (size_t i = 0; i < count; i += BLOCK_##kind, b += BLOCK_BYTES_##kind)                                                \
            one(b, out + i);                                                                                                     \
    }

/* The row of one kind: `one`, inline, widens a block. It is compiled for every instruction set, by the same operations in the
 * same order: the numbers do not depend on it. */
#define BLOCKS(kind, one)                                                                                                        \
    static void BLOCKS_WIDEN(kind##_plain, kind, one)                                                                            \
    BLOCKS_AVX2 static void BLOCKS_WIDEN(kind##_avx2, kind, one)                                                                 \
    BLOCKS_AVX512 static void BLOCKS_WIDEN(kind##_avx512, kind, one)                                                             \
    static void widen_##kind(const void *from, size_t count, float *out)                                                         \
    {                                                                                                                            \
        static void (*const table[SIMD_SETS])(const void *, size_t, float *) = {                                                 \
            [SIMD_PLAIN] = kind##_plain, [SIMD_AVX2] = kind##_avx2, [SIMD_AVX512] = kind##_avx512};                              \
        SIMD_BEST(table)(from, count, out);                                                                                      \
    }                                                                                                                            \
    const struct dtype DTYPE_##kind = {#kind, BLOCK_##kind, BLOCK_BYTES_##kind, true, widen_##kind};

#endif
