/* Inner loops of queries, eight floats at once. See lanes.h. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#include "core/embed/query/lanes.h"

extern const struct lanes lanes_plain;
#define AVX2 __attribute__((target("avx2,fma")))

AVX2 static float sum8(__m256 v)
{
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

AVX2 static float most8(__m256 v)
{
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

/* Norms in float, as many sums as lanes: near enough, for 1e-6 is left in every bound. */
AVX2 static void quantise(const float *row, size_t width, int8_t *codes, float *step, float *error, double *norm)
{
    const __m256 sign = _mm256_set1_ps(-0.0f);
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, m = s0;
    for (size_t d = 0; d < width; d += 16) {
        __m256 x = _mm256_loadu_ps(row + d), y = _mm256_loadu_ps(row + d + 8);
        s0 = _mm256_fmadd_ps(x, x, s0);
        s1 = _mm256_fmadd_ps(y, y, s1);
        m = _mm256_max_ps(m, _mm256_max_ps(_mm256_andnot_ps(sign, x), _mm256_andnot_ps(sign, y)));
    }
    float sum = sum8(_mm256_add_ps(s0, s1)), largest = most8(m);
    if (!(sum > 1e-30f && sum < 1e30f)) { /* too small or large for this, or no number */
        lanes_plain.quantise(row, width, codes, step, error, norm);
        return;
    }
    float length = sqrtf(sum);
    *norm = (double)length;
    *step = largest / length / 127;
    __m256 to_code = _mm256_set1_ps(127 / largest), inverse = _mm256_set1_ps(1 / length), back = _mm256_set1_ps(*step);
    __m256 left = _mm256_setzero_ps();
    for (size_t d = 0; d < width; d += 16) {
        __m256 x = _mm256_loadu_ps(row + d), y = _mm256_loadu_ps(row + d + 8);
        __m256i i = _mm256_cvtps_epi32(_mm256_mul_ps(x, to_code)), j = _mm256_cvtps_epi32(_mm256_mul_ps(y, to_code));
        __m256 rx = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(i), back, _mm256_mul_ps(x, inverse));
        __m256 ry = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(j), back, _mm256_mul_ps(y, inverse));
        left = _mm256_fmadd_ps(rx, rx, _mm256_fmadd_ps(ry, ry, left));
        __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi32(i, j), 0xd8);
        __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
        _mm_storeu_si128((__m128i *)(codes + d), bytes);
    }
    *error = sqrtf(sum8(left)) * 1.0001f + 1e-6f;
}

AVX2 static void dots8(const int8_t *codes, size_t width, size_t n, const int16_t *probe, float *dots)
{
    for (size_t i = 0; i < n; i++, codes += width) {
        __m256i s0 = _mm256_setzero_si256(), s1 = s0;
        size_t d = 0;
        for (; d + 32 <= width; d += 32) {
            __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(codes + d)));
            __m256i y = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(codes + d + 16)));
            s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(probe + d))));
            s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(y, _mm256_loadu_si256((const __m256i *)(probe + d + 16))));
        }
        if (d < width) {
            __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(codes + d)));
            s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(probe + d))));
        }
        s0 = _mm256_add_epi32(s0, s1);
        __m128i x = _mm_add_epi32(_mm256_castsi256_si128(s0), _mm256_extracti128_si256(s0, 1));
        x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
        x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1));
        dots[i] = (float)_mm_cvtsi128_si32(x);
    }
}

AVX2 static float add(const float *a, const float *b, const float *c, size_t n, float *out)
{
    __m256 most = _mm256_set1_ps(-INFINITY);
    for (size_t i = 0; i < n; i += 8) {
        __m256 x = _mm256_sub_ps(_mm256_loadu_ps(b + i), _mm256_loadu_ps(a + i));
        x = _mm256_add_ps(x, _mm256_loadu_ps(c + i));
        _mm256_storeu_ps(out + i, x);
        most = _mm256_max_ps(x, most); /* NaN gives the second */
    }
    return most8(most);
}

AVX2 static float multiply(const float *a, const float *b, const float *c, size_t n, float *out)
{
    const __m256 half = _mm256_set1_ps(0.5f), small = _mm256_set1_ps(1e-6f);
    __m256 most = _mm256_set1_ps(-INFINITY);
    for (size_t i = 0; i < n; i += 8) {
        __m256 x = _mm256_fmadd_ps(_mm256_loadu_ps(b + i), half, half);
        __m256 y = _mm256_fmadd_ps(_mm256_loadu_ps(c + i), half, half);
        __m256 z = _mm256_add_ps(_mm256_fmadd_ps(_mm256_loadu_ps(a + i), half, half), small);
        x = _mm256_div_ps(_mm256_mul_ps(x, y), z);
        _mm256_storeu_ps(out + i, x);
        most = _mm256_max_ps(x, most);
    }
    return most8(most);
}

extern const struct lanes lanes_avx2;
const struct lanes lanes_avx2 = {quantise, dots8, add, multiply};
#else
typedef int lanes_avx2_needs_x86;
#endif
