/* A number of 16 bits as a float, exactly. Many at once: op_widen_f16, op_widen_bf16 (op.h). */
#ifndef GAZE_CORE_OP_HALF_H
#define GAZE_CORE_OP_HALF_H

#include <stdint.h>
#include <string.h>

static inline float bits_to_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Half precision (IEEE 754 binary16), NaN and infinities too. */
static inline float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 0x3ff;
    if (exponent == 31)
        return bits_to_float(sign | 0x7f800000 | mantissa << 13);
    if (exponent == 0) {
        float small = (float)mantissa * 0x1p-24f;
        return sign ? -small : small;
    }
    return bits_to_float(sign | (exponent + 112) << 23 | mantissa << 13);
}

/* bfloat16: the upper half of a float. */
static inline float bf16_to_float(uint16_t b)
{
    return bits_to_float((uint32_t)b << 16);
}

#endif
