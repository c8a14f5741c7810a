/* The inner loops that this CPU takes. See lanes.h. */
#include "core/embed/query/lanes.h"

extern const struct lanes lanes_avx2, lanes_plain;

const struct lanes *const lanes_table[SIMD_SETS] = {
#if defined(__x86_64__)
    [SIMD_AVX2] = &lanes_avx2,
#endif
    [SIMD_PLAIN] = &lanes_plain,
};

const struct lanes *lanes_best(void)
{
    return SIMD_BEST(lanes_table);
}
