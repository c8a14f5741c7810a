/* Blocks whose numbers are looked up in a table of sixteen, and those of three values. See blocks.h.
 *
 *   IQ4_NL  d  nibbles of 32                                   18 bytes
 *   IQ4_XS  d  2 upper bits × 8  4 lower bits × 8  nibbles     136 bytes, 256 numbers; eight scales of six bits
 *   MXFP4   e8m0  nibbles of 32                                17 bytes (OCP Microscaling Formats 1.0)
 *   NVFP4   four e4m3  nibbles of 4 × 16                       36 bytes, 64 numbers
 *   TQ1_0   48 × 5 ternary digits  4 × 4 digits  d             54 bytes, 256 numbers; a byte is the digits' fraction of 3⁵
 *   TQ2_0   64 × 4 two-bit numbers  d                          66 bytes, 256 numbers
 *
 * Of nibbles the low ones come first, then the high ones, by groups of 32 (NVFP4: of 16). */
#include "core/weights/blocks.h"

static const signed char nl[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const signed char fp4[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}; /* doubled */

/* n bytes of nibbles as 2n numbers of a table, times d. */
static void look_up(const unsigned char *nibbles, int n, const signed char table[16], float d, float *out)
{
    for (int j = 0; j < n; j++) {
        out[j] = d * (float)table[nibbles[j] & 15];
        out[j + n] = d * (float)table[nibbles[j] >> 4];
    }
}

static inline void iq4_nl(const unsigned char *b, float *restrict out)
{
    look_up(b + 2, 16, nl, half_at(b), out);
}

static inline void iq4_xs(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    unsigned high = u16_at(b + 2);
    for (int g = 0; g < 8; g++) {
        unsigned low = b[4 + g / 2] >> (g % 2 * 4) & 15;
        int scale = (int)(low | (high >> (2 * g) & 3) << 4) - 32;
        look_up(b + 8 + 16 * g, 16, nl, d * (float)scale, out + 32 * g);
    }
}

/* Half the power of two that e stands for, as the table is doubled. */
static float half_power(unsigned e)
{
    return bits_to_float(e < 2 ? 0x00200000u << e : (e - 1) << 23);
}

static inline void mxfp4(const unsigned char *b, float *restrict out)
{
    look_up(b + 1, 16, fp4, half_power(b[0]), out);
}

/* Half an e4m3 number whose sign is passed over; its NaN is 0. */
static float half_e4m3(unsigned x)
{
    unsigned exponent = x >> 3 & 15, mantissa = x & 7;
    if (x == 0 || x == 0x7f)
        return 0;
    return exponent ? (float)(8 + mantissa) * bits_to_float((exponent + 116) << 23) : (float)mantissa * 0x1p-10f;
}

static inline void nvfp4(const unsigned char *b, float *restrict out)
{
    for (int g = 0; g < 4; g++)
        look_up(b + 4 + 8 * g, 8, fp4, half_e4m3(b[g]), out + 16 * g);
}

/* The n-th digit of a byte that holds a fraction of 3⁵ (or 3⁴), minus 1. */
static float digit(unsigned byte, int n)
{
    static const unsigned char power[5] = {1, 3, 9, 27, 81};
    unsigned shifted = byte * power[n] & 255;
    return (float)((int)(shifted * 3 >> 8) - 1);
}

static float *digits(const unsigned char *bytes, int n, int count, float d, float *out)
{
    for (int i = 0; i < count; i++)
        for (int j = 0; j < n; j++)
            *out++ = d * digit(bytes[j], i);
    return out;
}

static inline void tq1_0(const unsigned char *b, float *restrict out)
{
    float d = half_at(b + 52);
    out = digits(b, 32, 5, d, out);
    out = digits(b + 32, 16, 5, d, out);
    digits(b + 48, 4, 4, d, out);
}

static inline void tq2_0(const unsigned char *b, float *restrict out)
{
    float d = half_at(b + 64);
    for (int half = 0; half < 64; half += 32)
        for (int shift = 0; shift < 8; shift += 2)
            for (int j = 0; j < 32; j++)
                *out++ = d * (float)((int)(b[half + j] >> shift & 3) - 1);
}

BLOCKS(IQ4_NL, iq4_nl)
BLOCKS(IQ4_XS, iq4_xs)
BLOCKS(MXFP4, mxfp4)
BLOCKS(NVFP4, nvfp4)
BLOCKS(TQ1_0, tq1_0)
BLOCKS(TQ2_0, tq2_0)
