/* Four floats at once in plain C (the compiler's vector types): any machine. What each word means:
 *
 *   LANES_SET   the instruction set
 *   LANES       floats in a vec; veci: as many 32-bit integers; v_bits and v_ints reinterpret one as the other
 *   v_load_part the first n < LANES floats, the rest 0; v_store_part writes n only
 *   v_fma       a·b + c (one rounding where the machine has it)
 *   v_min/max   give the SECOND operand where one is NaN, so that max(bound, x) keeps x's NaN
 *   v_if_less   a < b ? yes : no, lane by lane; NaN is not less
 *   v_scale2    x·2ⁿ for whole n in [-160,130]
 *   v_hide      lane i of x where bit i of `visible` is set, else of `hidden`
 *   v_sum       in a fixed order; v_sum4: four of them
 *   v_transpose LANES rows of LANES; v_load_turned: as they lie in memory
 *   v_load_f16  LANES numbers of half precision, perhaps unaligned; v_load_bf16 likewise
 *
 * LANES_NARROW: v_load_bits and v_load_i8 are there too (lanes_avx2.h). */
#ifndef GAZE_CORE_OP_LANES_PLAIN_H
#define GAZE_CORE_OP_LANES_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/op/half.h"

#define LANES_SET SIMD_PLAIN
#define LANES 4
#define TARGET
#define LANE_FN static inline __attribute__((always_inline, unused))

typedef float vec __attribute__((vector_size(16)));
typedef int32_t veci __attribute__((vector_size(16)));

LANE_FN vec v_set(float x) { return (vec){x, x, x, x}; }
LANE_FN vec v_load(const float *p)
{
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}
LANE_FN void v_store(float *p, vec x) { memcpy(p, &x, sizeof x); }
LANE_FN vec v_load_part(const float *p, size_t n)
{
    vec x = {0, 0, 0, 0};
    memcpy(&x, p, n * sizeof(float));
    return x;
}
LANE_FN void v_store_part(float *p, vec x, size_t n)
{
    memcpy(p, &x, n * sizeof(float));
}
LANE_FN vec v_fma(vec a, vec b, vec c) { return a * b + c; }
LANE_FN vec v_pick(veci mask, vec yes, vec no) { return (vec)((mask & (veci)yes) | (~mask & (veci)no)); }
LANE_FN vec v_min(vec a, vec b) { return v_pick((veci)(a < b), a, b); }
LANE_FN vec v_max(vec a, vec b) { return v_pick((veci)(a > b), a, b); }
LANE_FN vec v_abs(vec a) { return (vec)((veci)a & 0x7fffffff); }
LANE_FN vec v_sign_of(vec magnitude, vec sign) { return (vec)((veci)magnitude | ((veci)sign & INT32_MIN)); }
LANE_FN vec v_if_less(vec a, vec b, vec yes, vec no) { return v_pick((veci)(a < b), yes, no); }
LANE_FN vec v_bits(veci x) { return (vec)x; }
LANE_FN veci v_ints(vec x) { return (veci)x; }
LANE_FN vec v_scale2(vec x, vec n)
{
    /* 1.5·2^23 moves the integer into the low bits; two factors, so that 2^-150 to 2^128 have room */
    vec magic = v_set(0x1.8p23f);
    veci i = v_ints(n + magic) - v_ints(magic), half = i >> 1;
    return x * v_bits((half + 127) << 23) * v_bits((i - half + 127) << 23);
}
LANE_FN vec v_hide(vec x, uint32_t visible, vec hidden)
{
    veci bit = {1, 2, 4, 8};
    return v_pick((((veci){0} + (int32_t)visible) & bit) == bit, x, hidden);
}
LANE_FN float v_sum(vec x) { return (x[0] + x[2]) + (x[1] + x[3]); }
LANE_FN float v_largest(vec x)
{
    float a = x[0] > x[1] ? x[0] : x[1], b = x[2] > x[3] ? x[2] : x[3];
    return a > b ? a : b;
}
LANE_FN void v_sum4(const vec x[4], float out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = v_sum(x[i]);
}
LANE_FN void v_transpose(vec r[LANES])
{
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < i; j++) {
            float t = r[i][j];
            r[i][j] = r[j][i];
            r[j][i] = t;
        }
}
LANE_FN void v_load_turned(const float *p, size_t stride, vec r[LANES])
{
    for (size_t i = 0; i < LANES; i++)
        r[i] = v_load(p + i * stride);
    v_transpose(r);
}
LANE_FN vec v_load_f16(const void *p)
{
    uint16_t h[LANES];
    memcpy(h, p, sizeof h);
    return (vec){half_to_float(h[0]), half_to_float(h[1]), half_to_float(h[2]), half_to_float(h[3])};
}
LANE_FN vec v_load_bf16(const void *p)
{
    uint16_t b[LANES];
    memcpy(b, p, sizeof b);
    return (vec){bf16_to_float(b[0]), bf16_to_float(b[1]), bf16_to_float(b[2]), bf16_to_float(b[3])};
}

#endif
