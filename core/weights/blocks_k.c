/* Blocks of 256 numbers ("K"): groups of 16 or 32 with small whole scales, which one or two half-precision numbers scale in turn.
 * See blocks.h.
 *
 *   Q2_K  16 × (scale, least) nibbles  64 × 4 two-bit numbers  d  dmin     84 bytes    d·s·q − dmin·m
 *   Q3_K  32 × 8 third bits  64 × 4 two-bit numbers  16 scales of 6 bits  d  110       d·(s − 32)·(q − 4, the bit adds 4)
 *   Q4_K  d  dmin  8 scales and leasts of 6 bits  128 × 2 nibbles          144         d·s·q − dmin·m
 *   Q5_K  d  dmin  8 scales and leasts of 6 bits  32 × 8 fifth bits  128 × 2 nibbles  176  the same
 *   Q6_K  128 × 2 nibbles  64 × 4 upper bits  16 × i8 scale  d             210         d·s·(q − 32)
 *   Q8_K  d (single precision)  256 × i8  16 sums, which are not read      292         d·q */
#include "core/weights/blocks.h"

static inline void q2_k(const unsigned char *b, float *restrict out)
{
    const unsigned char *q = b + 16;
    float d = half_at(b + 80), least = half_at(b + 82);
    for (int g = 0; g < 16; g++) { /* a group of 16: bytes of one half, one pair of bits in them */
        float scale = d * (float)(b[g] & 15), m = least * (float)(b[g] >> 4);
        const unsigned char *from = q + g / 8 * 32 + g % 2 * 16;
        for (int j = 0; j < 16; j++)
            out[16 * g + j] = scale * (float)(from[j] >> (g % 8 / 2 * 2) & 3) - m;
    }
}

/* Scale g of Q3_K: the lower four bits of sixteen lie in eight bytes, the upper two in four. */
static int scale_q3(const unsigned char *s, int g)
{
    unsigned low = s[g % 8] >> (g / 8 * 4) & 15, high = s[8 + g % 4] >> (g / 4 * 2) & 3;
    return (int)(low | high << 4) - 32;
}

static inline void q3_k(const unsigned char *b, float *restrict out)
{
    float d = half_at(b + 108);
    for (int g = 0; g < 16; g++) {
        float scale = d * (float)scale_q3(b + 96, g);
        const unsigned char *low = b + 32 + g / 8 * 32 + g % 2 * 16, *third = b + g % 2 * 16;
        for (int j = 0; j < 16; j++) {
            int q = low[j] >> (g % 8 / 2 * 2) & 3, bit = third[j] >> (g / 2) & 1;
            out[16 * g + j] = scale * (float)(q - (bit ? 0 : 4));
        }
    }
}

/* Eight groups of 32; `fifth` NULL: numbers of four bits. */
static inline void groups_of_32(const unsigned char *b, const unsigned char *fifth, const unsigned char *nibbles, float *restrict out)
{
    float d = half_at(b), least = half_at(b + 2);
    for (int g = 0; g < 8; g++, out += 32) {
        float scale, m;
        k_scale_and_least(b + 4, g, &scale, &m);
        scale *= d;
        m *= least;
        const unsigned char *from = nibbles + g / 2 * 32;
        for (int j = 0; j < 32; j++) {
            int q = from[j] >> (g % 2 * 4) & 15;
            if (fifth)
                q |= (fifth[j] >> g & 1) << 4;
            out[j] = scale * (float)q - m;
        }
    }
}

static inline void q4_k(const unsigned char *b, float *restrict out)
{
    groups_of_32(b, NULL, b + 16, out);
}

static inline void q5_k(const unsigned char *b, float *restrict out)
{
    groups_of_32(b, b + 16, b + 48, out);
}

static inline void q6_k(const unsigned char *b, float *restrict out)
{
    float d = half_at(b + 208);
    for (int g = 0; g < 16; g++) {
        int half = g / 8, quarter = g % 8 / 2, first = g % 2 * 16; /* 128 numbers, 32 of them, 16 of those */
        float scale = d * (float)(signed char)b[192 + g];
        const unsigned char *low = b + half * 64 + quarter % 2 * 32 + first, *high = b + 128 + half * 32 + first;
        for (int j = 0; j < 16; j++) {
            int q = (low[j] >> (quarter / 2 * 4) & 15) | (high[j] >> (quarter * 2) & 3) << 4;
            out[16 * g + j] = scale * (float)(q - 32);
        }
    }
}

static inline void q8_k(const unsigned char *b, float *restrict out)
{
    float d;
    memcpy(&d, b, sizeof d);
    for (int j = 0; j < 256; j++)
        out[j] = d * (float)(signed char)b[4 + j];
}

BLOCKS(Q2_K, q2_k)
BLOCKS(Q3_K, q3_k)
BLOCKS(Q4_K, q4_k)
BLOCKS(Q5_K, q5_k)
BLOCKS(Q6_K, q6_k)
BLOCKS(Q8_K, q8_k)
