/* Sixteen floats at once: AVX-512. The vocabulary that op/body.h and product/micro.h are written in; see lanes_plain.h
 * for what each word means. Included by files of their own instruction set only. */
#ifndef GAZE_CORE_OP_LANES_AVX512_H
#define GAZE_CORE_OP_LANES_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES_SET SIMD_AVX512
#define LANES 16
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define LANE_FN TARGET static inline __attribute__((always_inline, unused))

typedef float vec __attribute__((vector_size(64)));
typedef int32_t veci __attribute__((vector_size(64)));

LANE_FN vec v_set(float x) { return _mm512_set1_ps(x); }
LANE_FN vec v_load(const float *p) { return _mm512_loadu_ps(p); }
LANE_FN void v_store(float *p, vec x) { _mm512_storeu_ps(p, x); }
LANE_FN vec v_load_part(const float *p, size_t n) { return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }
LANE_FN void v_store_part(float *p, vec x, size_t n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), x); }
LANE_FN vec v_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
LANE_FN vec v_min(vec a, vec b) { return _mm512_min_ps(a, b); }
LANE_FN vec v_max(vec a, vec b) { return _mm512_max_ps(a, b); }
LANE_FN vec v_abs(vec a) { return _mm512_abs_ps(a); }
LANE_FN vec v_sign_of(vec magnitude, vec sign)
{
    return _mm512_or_ps(magnitude, _mm512_and_ps(sign, _mm512_set1_ps(-0.0f)));
}
LANE_FN vec v_if_less(vec a, vec b, vec yes, vec no)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
LANE_FN vec v_bits(veci x) { return (vec)x; }
LANE_FN veci v_ints(vec x) { return (veci)x; }
LANE_FN vec v_scale2(vec x, vec n) { return _mm512_scalef_ps(x, n); }
LANE_FN vec v_hide(vec x, uint32_t visible, vec hidden)
{
    return _mm512_mask_blend_ps((__mmask16)visible, hidden, x);
}

/* The order of the sums below is part of every result: each half is added to the other. */
LANE_FN float v_sum(vec x)
{
    __m256 a = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}
LANE_FN float v_largest(vec x) { return _mm512_reduce_max_ps(x); }

/* Sums of four vectors into four floats. */
LANE_FN void v_sum4(const vec x[4], float out[4])
{
    vec t0 = _mm512_add_ps(_mm512_unpacklo_ps(x[0], x[1]), _mm512_unpackhi_ps(x[0], x[1]));
    vec t1 = _mm512_add_ps(_mm512_unpacklo_ps(x[2], x[3]), _mm512_unpackhi_ps(x[2], x[3]));
    vec t = _mm512_add_ps(_mm512_shuffle_ps(t0, t1, 0x44), _mm512_shuffle_ps(t0, t1, 0xee));
    __m256 a = _mm256_add_ps(_mm512_castps512_ps256(t), _mm512_extractf32x8_ps(t, 1));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)));
}

/* r[i][j] = r[j][i]. */
LANE_FN void v_transpose(vec r[LANES])
{
    vec t[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i += 4) {
        vec a = _mm512_unpacklo_ps(r[i], r[i + 1]), b = _mm512_unpackhi_ps(r[i], r[i + 1]);
        vec c = _mm512_unpacklo_ps(r[i + 2], r[i + 3]), d = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm512_shuffle_ps(a, c, 0x44);
        t[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
        t[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
        t[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 4; i++) {
        vec a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88), b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xdd);
        vec c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88), d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xdd);
        r[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        r[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(a, c, 0xdd);
        r[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
}

/* The same for LANES rows in memory. Sixteen-byte pieces are merged as they are loaded: half the shuffles. */
LANE_FN void v_load_turned(const float *p, size_t stride, vec r[LANES])
{
    vec t[4][4]; /* [i][q]: columns 4q to 4q+3 of rows i, i+4, i+8, i+12 */
#pragma GCC unroll 16
    for (int o = 0; o < 16; o++) {
        const float *row = p + (size_t)o * stride;
#pragma GCC unroll 4
        for (int q = 0; q < 4; q++) {
            __m128 piece = _mm_loadu_ps(row + 4 * q);
            t[o % 4][q] = o < 4 ? _mm512_broadcast_f32x4(piece)
                                : _mm512_mask_broadcast_f32x4(t[o % 4][q], (__mmask16)(15 << (o / 4 * 4)), piece);
        }
    }
#pragma GCC unroll 4
    for (int q = 0; q < 4; q++) {
        vec a = _mm512_unpacklo_ps(t[0][q], t[1][q]), b = _mm512_unpackhi_ps(t[0][q], t[1][q]);
        vec c = _mm512_unpacklo_ps(t[2][q], t[3][q]), d = _mm512_unpackhi_ps(t[2][q], t[3][q]);
        r[4 * q] = _mm512_shuffle_ps(a, c, 0x44);
        r[4 * q + 1] = _mm512_shuffle_ps(a, c, 0xee);
        r[4 * q + 2] = _mm512_shuffle_ps(b, d, 0x44);
        r[4 * q + 3] = _mm512_shuffle_ps(b, d, 0xee);
    }
}

LANE_FN vec v_load_f16(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
LANE_FN vec v_load_bf16(const void *p)
{
    __m512i x = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16));
}

#define LANES_NARROW 1
/* Four bits of each byte at `low`, from bit `shift` on; `high` not NULL: above them the `mask` of its bytes from h_shift on. */
LANE_FN vec v_load_bits(const void *low, int shift, const void *high, int h_shift, int mask)
{
    __m512i x = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)low));
    x = _mm512_and_si512(_mm512_srl_epi32(x, _mm_cvtsi32_si128(shift)), _mm512_set1_epi32(15));
    if (high) {
        __m512i h = _mm512_srl_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)high)), _mm_cvtsi32_si128(h_shift));
        x = _mm512_or_si512(x, _mm512_slli_epi32(_mm512_and_si512(h, _mm512_set1_epi32(mask)), 4));
    }
    return _mm512_cvtepi32_ps(x);
}
LANE_FN vec v_load_i8(const void *p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p))); }

#endif
