/* What this CPU can do. See simd.h.
 *
 * Every CPU with AVX2 has F16C, whose name Clang's builtin does not know. The builtin reads what was asked at start-up: CPUID
 * itself costs microseconds in a virtual machine. */
#include "core/base/simd.h"

bool simd_has(enum simd set)
{
    switch (set) {
    case SIMD_PLAIN: return true;
#if defined(__x86_64__)
    case SIMD_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case SIMD_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
#endif
    default: return false;
    }
}

const char *simd_name(enum simd set)
{
    static const char *const names[SIMD_SETS] = {"avx512", "avx2", "plain"};
    return names[set];
}
