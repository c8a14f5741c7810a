/* Eight floats at once: AVX2 with FMA. See lanes_plain.h for what each word means. */
#ifndef GAZE_CORE_OP_LANES_AVX2_H
#define GAZE_CORE_OP_LANES_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES_SET SIMD_AVX2
#define LANES 8
#define TARGET __attribute__((target("avx2,fma,f16c")))
#define LANE_FN TARGET static inline __attribute__((always_inline, unused))

typedef float vec __attribute__((vector_size(32)));
typedef int32_t veci __attribute__((vector_size(32)));

static const int32_t lanes_mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

LANE_FN __m256i v_first(size_t n) { return _mm256_loadu_si256((const __m256i *)(lanes_mask + 8 - n)); }
LANE_FN vec v_set(float x) { return _mm256_set1_ps(x); }
LANE_FN vec v_load(const float *p) { return _mm256_loadu_ps(p); }
LANE_FN void v_store(float *p, vec x) { _mm256_storeu_ps(p, x); }
LANE_FN vec v_load_part(const float *p, size_t n) { return _mm256_maskload_ps(p, v_first(n)); }
LANE_FN void v_store_part(float *p, vec x, size_t n) { _mm256_maskstore_ps(p, v_first(n), x); }
LANE_FN vec v_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
LANE_FN vec v_min(vec a, vec b) { return _mm256_min_ps(a, b); }
LANE_FN vec v_max(vec a, vec b) { return _mm256_max_ps(a, b); }
LANE_FN vec v_abs(vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
LANE_FN vec v_sign_of(vec magnitude, vec sign)
{
    return _mm256_or_ps(magnitude, _mm256_and_ps(sign, _mm256_set1_ps(-0.0f)));
}
LANE_FN vec v_if_less(vec a, vec b, vec yes, vec no) { return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
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
    __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i on = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)visible), bit), bit);
    return _mm256_blendv_ps(hidden, x, _mm256_castsi256_ps(on));
}

LANE_FN float v_sum(vec x)
{
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}
LANE_FN float v_largest(vec x)
{
    __m128 b = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    b = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(b, _mm_movehdup_ps(b)));
}

/* Sums of four vectors into four floats. */
LANE_FN void v_sum4(const vec x[4], float out[4])
{
    vec t0 = _mm256_add_ps(_mm256_unpacklo_ps(x[0], x[1]), _mm256_unpackhi_ps(x[0], x[1]));
    vec t1 = _mm256_add_ps(_mm256_unpacklo_ps(x[2], x[3]), _mm256_unpackhi_ps(x[2], x[3]));
    vec t = _mm256_add_ps(_mm256_shuffle_ps(t0, t1, 0x44), _mm256_shuffle_ps(t0, t1, 0xee));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(t), _mm256_extractf128_ps(t, 1)));
}

/* r[i][j] = r[j][i]. */
LANE_FN void v_transpose(vec r[LANES])
{
    vec t[LANES];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i += 4) {
        vec a = _mm256_unpacklo_ps(r[i], r[i + 1]), b = _mm256_unpackhi_ps(r[i], r[i + 1]);
        vec c = _mm256_unpacklo_ps(r[i + 2], r[i + 3]), d = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm256_shuffle_ps(a, c, 0x44);
        t[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
        t[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
        t[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        r[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
}

/* The same for LANES rows in memory. Sixteen-byte pieces are joined as they are loaded: fewer shuffles. */
LANE_FN void v_load_turned(const float *p, size_t stride, vec r[LANES])
{
    vec t[4][2]; /* [i][q]: columns 4q to 4q+3 of rows i and i+4 */
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const float *row = p + (size_t)i * stride, *other = row + 4 * stride;
        t[i][0] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row)), _mm_loadu_ps(other), 1);
        t[i][1] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row + 4)), _mm_loadu_ps(other + 4), 1);
    }
#pragma GCC unroll 2
    for (int q = 0; q < 2; q++) {
        vec a = _mm256_unpacklo_ps(t[0][q], t[1][q]), b = _mm256_unpackhi_ps(t[0][q], t[1][q]);
        vec c = _mm256_unpacklo_ps(t[2][q], t[3][q]), d = _mm256_unpackhi_ps(t[2][q], t[3][q]);
        r[4 * q] = _mm256_shuffle_ps(a, c, 0x44);
        r[4 * q + 1] = _mm256_shuffle_ps(a, c, 0xee);
        r[4 * q + 2] = _mm256_shuffle_ps(b, d, 0x44);
        r[4 * q + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
}

LANE_FN vec v_load_f16(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
LANE_FN vec v_load_bf16(const void *p)
{
    __m256i x = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16));
}

#define LANES_NARROW 1
/* Four bits of each byte at `low`, from bit `shift` on; `high` not NULL: above them the `mask` of its bytes from h_shift on. */
LANE_FN vec v_load_bits(const void *low, int shift, const void *high, int h_shift, int mask)
{
    __m256i x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)low));
    x = _mm256_and_si256(_mm256_srl_epi32(x, _mm_cvtsi32_si128(shift)), _mm256_set1_epi32(15));
    if (high) {
        __m256i h = _mm256_srl_epi32(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)high)), _mm_cvtsi32_si128(h_shift));
        x = _mm256_or_si256(x, _mm256_slli_epi32(_mm256_and_si256(h, _mm256_set1_epi32(mask)), 4));
    }
    return _mm256_cvtepi32_ps(x);
}
LANE_FN vec v_load_i8(const void *p) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p))); }

#endif
