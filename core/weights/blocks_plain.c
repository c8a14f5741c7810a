/* Blocks of 32 numbers with one scale d, or a scale d and a least value m, all in half precision. See blocks.h.
 *
 *   Q4_0  d  16 × 2 nibbles             (q − 8)·d      18 bytes
 *   Q4_1  d  m  16 × 2 nibbles          q·d + m        20
 *   Q5_0  d  32 fifth bits  nibbles     (q − 16)·d     22
 *   Q5_1  d  m  32 fifth bits  nibbles  q·d + m        24
 *   Q8_0  d  32 × i8                    q·d            34
 *
 * The low nibbles are the first 16 numbers, the high ones the last 16. */
#include "core/weights/blocks.h"

enum { HALF = 16 };

static inline void q4_0(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    for (int j = 0; j < HALF; j++) {
        out[j] = d * (float)((int)(b[2 + j] & 15) - 8);
        out[j + HALF] = d * (float)((int)(b[2 + j] >> 4) - 8);
    }
}

static inline void q4_1(const unsigned char *b, float *restrict out)
{
    float d = half_at(b), m = half_at(b + 2);
    for (int j = 0; j < HALF; j++) {
        out[j] = d * (float)(b[4 + j] & 15) + m;
        out[j + HALF] = d * (float)(b[4 + j] >> 4) + m;
    }
}

/* Numbers of five bits: the fifths in `high`, the others in nibbles. */
static int five_bits(uint32_t high, const unsigned char *nibbles, int j)
{
    unsigned low = j < HALF ? nibbles[j] & 15 : nibbles[j - HALF] >> 4;
    return (int)(low | (high >> j & 1) << 4);
}

static inline void q5_0(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    uint32_t high = u32_at(b + 2);
    for (int j = 0; j < 2 * HALF; j++)
        out[j] = d * (float)(five_bits(high, b + 6, j) - 16);
}

static inline void q5_1(const unsigned char *b, float *restrict out)
{
    float d = half_at(b), m = half_at(b + 2);
    uint32_t high = u32_at(b + 4);
    for (int j = 0; j < 2 * HALF; j++)
        out[j] = d * (float)five_bits(high, b + 8, j) + m;
}

static inline void q8_0(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    for (int j = 0; j < 2 * HALF; j++)
        out[j] = d * (float)(signed char)b[2 + j];
}

BLOCKS(Q4_0, q4_0)
BLOCKS(Q4_1, q4_1)
BLOCKS(Q5_0, q5_0)
BLOCKS(Q5_1, q5_1)
BLOCKS(Q8_0, q8_0)
