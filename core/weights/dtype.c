/* The number types of safetensors, one row each. See dtype.h.
 *
 * F16 and BF16 widen exactly. F8_E4M3 is the "fn" variant (no infinity, NaN only at 0x7f and 0xff);
 * F8_E5M2 has infinities. (Micikevicius et al. 2022; OCP 8-bit floating point.) */
#include "core/weights/dtype.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/op/op.h"

/* A small float of 1 sign bit, `e` exponent bits and `m` mantissa bits, without its special values. */
static float small_float(uint32_t bits, int e, int m)
{
    int bias = (1 << (e - 1)) - 1;
    uint32_t mantissa = bits & ((1u << m) - 1), exponent = bits >> m & ((1u << e) - 1);
    float value =
        exponent ? ldexpf((float)(mantissa | 1u << m), (int)exponent - bias - m) : ldexpf((float)mantissa, 1 - bias - m);
    return bits >> (e + m) & 1 ? -value : value;
}

static float e4m3_to_float(uint8_t b)
{
    return (b & 0x7f) == 0x7f ? NAN : small_float(b, 4, 3);
}

static float e5m2_to_float(uint8_t b)
{
    if ((b & 0x7c) == 0x7c)
        return b & 3 ? NAN : b & 0x80 ? -INFINITY : INFINITY;
    return small_float(b, 5, 2);
}

/* A power of two, as the scales of micro-scaled formats (OCP MX 1.0, section 5.4.1). */
static float e8m0_to_float(uint8_t b)
{
    return b == 0xff ? NAN : ldexpf(1, b - 127);
}

#define KEEP(x) ((float)(x))
#define WIDEN(name, type, convert)                                                                                               \
    static void widen_##name(const void *from, size_t n, float *out)                                                             \
    {                                                                                                                            \
        const unsigned char *bytes = from;                                                                                       \
        for (size_t i = 0; i < n; i++) {                                                                                         \
            type value;                                                                                                          \
            memcpy(&value, bytes + i * sizeof value, sizeof value);                                                              \
            out[i] = convert(value);                                                                                             \
        }                                                                                                                        \
    }
WIDEN(f64, double, KEEP)
WIDEN(f8_e4m3, uint8_t, e4m3_to_float)
WIDEN(f8_e5m2, uint8_t, e5m2_to_float)
WIDEN(f8_e8m0, uint8_t, e8m0_to_float)
WIDEN(i64, int64_t, KEEP)
WIDEN(i32, int32_t, KEEP)
WIDEN(i16, int16_t, KEEP)
WIDEN(i8, int8_t, KEEP)
WIDEN(u64, uint64_t, KEEP)
WIDEN(u32, uint32_t, KEEP)
WIDEN(u16, uint16_t, KEEP)
WIDEN(u8, uint8_t, KEEP)

static void widen_f32(const void *from, size_t n, float *out)
{
    memcpy(out, from, n * sizeof *out);
}

const struct dtype DTYPE_F32 = {"F32", 1, 4, true, widen_f32};
const struct dtype DTYPE_F16 = {"F16", 1, 2, true, op_widen_f16};
const struct dtype DTYPE_BF16 = {"BF16", 1, 2, true, op_widen_bf16};
const struct dtype DTYPE_F64 = {"F64", 1, 8, true, widen_f64};
const struct dtype DTYPE_I64 = {"I64", 1, 8, false, widen_i64};
static const struct dtype f8_e4m3 = {"F8_E4M3", 1, 1, true, widen_f8_e4m3};
static const struct dtype f8_e5m2 = {"F8_E5M2", 1, 1, true, widen_f8_e5m2};
static const struct dtype f8_e8m0 = {"F8_E8M0", 1, 1, true, widen_f8_e8m0};
static const struct dtype i32 = {"I32", 1, 4, false, widen_i32};
static const struct dtype i16 = {"I16", 1, 2, false, widen_i16};
static const struct dtype i8 = {"I8", 1, 1, false, widen_i8};
static const struct dtype u64 = {"U64", 1, 8, false, widen_u64};
static const struct dtype u32 = {"U32", 1, 4, false, widen_u32};
static const struct dtype u16 = {"U16", 1, 2, false, widen_u16};
static const struct dtype u8 = {"U8", 1, 1, false, widen_u8};
static const struct dtype boolean = {"BOOL", 1, 1, false, widen_u8};

const struct dtype *const dtypes[] = {&DTYPE_F32, &DTYPE_F16, &DTYPE_BF16, &DTYPE_F64, &f8_e4m3, &f8_e5m2, &f8_e8m0, &DTYPE_I64, &i32,
                                      &i16,       &i8,        &u64,        &u32,       &u16,     &u8,      &boolean,   NULL};

const struct dtype *dtype_named(struct str name)
{
    for (size_t i = 0; dtypes[i]; i++)
        if (str_is(name, dtypes[i]->name))
            return dtypes[i];
    return NULL;
}

bool dtype_size(const struct dtype *dtype, size_t n, size_t *bytes_out)
{
    return n % dtype->block == 0 && size_mul(n / dtype->block, dtype->bytes, bytes_out);
}
