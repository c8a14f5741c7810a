/* What this CPU can do. See simd.h.
 *
 * Every CPU with AVX2 has F16C, whose name Clang's builtin does not know. The builtin reads what was asked at start-up: CPUID
 * itself costs microseconds in a virtual machine. */
#include "core/base/simd.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The best set that may be used; SIMD_SETS before the environment was read. */
static _Atomic unsigned best = SIMD_SETS;

static const char *asked(void)
{
    const char *name = getenv("GAZE_SIMD");
    return name && *name ? name : NULL;
}

/* The set of that name, SIMD_SETS for none. */
static unsigned named(const char *name)
{
    unsigned i = 0;
    while (i < SIMD_SETS && strcmp(name, simd_name((enum simd)i)) != 0)
        i++;
    return i;
}

const char *simd_unknown(void)
{
    const char *name = asked();
    return name && named(name) == SIMD_SETS ? name : NULL;
}

static unsigned read_best(void)
{
    unsigned found = asked() ? named(asked()) : SIMD_AVX512;
    if (found == SIMD_SETS)
        found = SIMD_AVX512;
    atomic_store_explicit(&best, found, memory_order_relaxed);
    return found;
}

bool simd_has(enum simd set)
{
    unsigned limit = atomic_load_explicit(&best, memory_order_relaxed);
    if ((unsigned)set < (limit < SIMD_SETS ? limit : read_best()))
        return false;
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
