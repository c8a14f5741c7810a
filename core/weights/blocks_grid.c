/* Blocks of 256 numbers that are drawn from grids of eight (or four) numbers at once ("IQ"): an index into the grid, signs, and a
 * scale a group. See blocks.h; the grids are in blocks_grids.c.
 *
 *   IQ2_XXS  d  8 × (4 indices of 8 bits, 4 × 7 bits of signs, 4 bits of scale)                   66 bytes
 *   IQ2_XS   d  32 × (index of 9 bits, 7 bits of signs)  16 × 4 bits of scale                     74
 *   IQ2_S    d  32 lower bytes of indices  32 bytes of signs  8 × 4 upper bits pairs  scales      82
 *   IQ3_XXS  d  64 indices of 8 bits  8 × (4 × 7 bits of signs, 4 bits of scale)                  98
 *   IQ3_S    d  64 lower bytes of indices  64 ninth bits  32 bytes of signs  8 × 4 bits of scale  110
 *   IQ1_S    d  32 lower bytes of indices  8 × (4 × 3 upper bits, 3 bits of scale, a sign)        50
 *   IQ1_M    32 lower bytes  32 × (3 upper bits, a sign)  4 × (4 × 3 bits of scale, 4 bits of d)  56
 *
 * Seven bits of signs are eight: the last makes their number even. */
#include "core/weights/blocks.h"
#include "core/weights/blocks_grids.h"

enum { GROUPS = 8 }; /* of 32 */

static unsigned even_signs(unsigned seven)
{
    unsigned odd = seven ^ seven >> 4;
    odd ^= odd >> 2;
    return seven | ((odd ^ odd >> 1) & 1) << 7;
}

/* Eight numbers of a grid whose rows pack two bits each: `values` of them, with signs, times d. */
static void put_eight(unsigned row, const float values[3], unsigned signs, float d, float *out)
{
    for (int j = 0; j < 8; j++)
        out[j] = d * values[row >> (2 * j) & 3] * (signs >> j & 1 ? -1.0f : 1.0f);
}

/* Four numbers of a grid whose rows pack three bits each. */
static void put_four(unsigned row, const float values[8], unsigned signs, float d, float *out)
{
    for (int j = 0; j < 4; j++)
        out[j] = d * values[row >> (3 * j) & 7] * (signs >> j & 1 ? -1.0f : 1.0f);
}

static const float twos[3] = {8, 25, 43};
static const float threes_xxs[8] = {4, 12, 20, 28, 36, 44, 52, 62};
static const float threes_s[8] = {1, 3, 5, 7, 9, 11, 13, 15};

static inline void iq2_xxs(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    b += 2;
    for (int g = 0; g < GROUPS; g++, b += 8) {
        uint32_t rest = u32_at(b + 4);
        float scale = d * (0.5f + (float)(rest >> 28)) * 0.25f;
        for (int k = 0; k < 4; k++, out += 8)
            put_eight(grid_iq2_xxs[b[k]], twos, even_signs(rest >> (7 * k) & 127), scale, out);
    }
}

/* Scale g of sixteen nibbles. */
static float scale_of_16(const unsigned char *scales, int g, float d)
{
    return d * (0.5f + (float)(scales[g / 2] >> (g % 2 * 4) & 15)) * 0.25f;
}

static inline void iq2_xs(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    for (int k = 0; k < 32; k++, out += 8) {
        unsigned q = u16_at(b + 2 + 2 * k);
        put_eight(grid_iq2_xs[q & 511], twos, even_signs(q >> 9), scale_of_16(b + 66, k / 2, d), out);
    }
}

static inline void iq2_s(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    for (int k = 0; k < 32; k++, out += 8) {
        unsigned index = b[2 + k] | (b[66 + k / 4] >> (k % 4 * 2) & 3u) << 8;
        put_eight(grid_iq2_s[index], twos, b[34 + k], scale_of_16(b + 74, k / 2, d), out);
    }
}

static inline void iq3_xxs(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    for (int k = 0; k < 32; k++, out += 8) {
        uint32_t rest = u32_at(b + 66 + k / 4 * 4);
        float scale = d * (0.5f + (float)(rest >> 28)) * 0.5f;
        unsigned signs = even_signs(rest >> (k % 4 * 7) & 127);
        put_four(grid_iq3_xxs[b[2 + 2 * k]], threes_xxs, signs, scale, out);
        put_four(grid_iq3_xxs[b[3 + 2 * k]], threes_xxs, signs >> 4, scale, out + 4);
    }
}

static inline void iq3_s(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    for (int k = 0; k < 64; k++, out += 4) {
        unsigned index = b[2 + k] | (b[66 + k / 8] >> (k % 8) & 1u) << 8, signs = b[74 + k / 2];
        float scale = d * (float)(1 + 2 * (b[106 + k / 16] >> (k / 8 % 2 * 4) & 15));
        put_four(grid_iq3_s[index], threes_s, signs >> (k % 2 * 4), scale, out);
    }
}

/* Eight numbers of −1, 0, 1, moved by an eighth. */
static void put_moved(unsigned row, bool down, float d, float *out)
{
    for (int j = 0; j < 8; j++)
        out[j] = d * ((float)((int)(row >> (2 * j) & 3) - 1) + (down ? -0.125f : 0.125f));
}

static inline void iq1_s(const unsigned char *b, float *restrict out)
{
    float d = half_at(b);
    for (int k = 0; k < 32; k++, out += 8) {
        unsigned high = u16_at(b + 34 + k / 4 * 2);
        float scale = d * (float)(2 * (high >> 12 & 7) + 1);
        put_moved(grid_iq1[b[2 + k] | (high >> (k % 4 * 3) & 7) << 8], high & 0x8000, scale, out);
    }
}

static inline void iq1_m(const unsigned char *b, float *restrict out)
{
    const unsigned char *scales = b + 48;
    unsigned bits = 0;
    for (int i = 0; i < 4; i++)
        bits |= u16_at(scales + 2 * i) >> 12 << (4 * i);
    float d = half_to_float((uint16_t)bits);
    for (int k = 0; k < 32; k++, out += 8) {
        unsigned high = b[32 + k / 2] >> (k % 2 * 4);
        float scale = d * (float)(2 * (u16_at(scales + k / 8 * 2) >> (k / 2 % 4 * 3) & 7) + 1);
        put_moved(grid_iq1[b[k] | (high & 7) << 8], high & 8, scale, out);
    }
}

BLOCKS(IQ2_XXS, iq2_xxs)
BLOCKS(IQ2_XS, iq2_xs)
BLOCKS(IQ2_S, iq2_s)
BLOCKS(IQ3_XXS, iq3_xxs)
BLOCKS(IQ3_S, iq3_s)
BLOCKS(IQ1_S, iq1_s)
BLOCKS(IQ1_M, iq1_m)
