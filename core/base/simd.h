/* Instruction sets that kernels are written for, and which of a set of kernels this CPU takes. */
#ifndef GAZE_CORE_BASE_SIMD_H
#define GAZE_CORE_BASE_SIMD_H

#include <stdbool.h>
#include <stddef.h>

enum simd { SIMD_AVX512, SIMD_AVX2, SIMD_PLAIN, SIMD_SETS }; /* best first; plain is any machine's */

/* Has this CPU, and the system on it, those instructions, and may they be used? Cheap: what was asked at start-up is
 * read. The environment's GAZE_SIMD, read once, is the best that may. */
bool simd_has(enum simd set);
/* The value of GAZE_SIMD where it is none of simd_name, else NULL. */
const char *simd_unknown(void);
/* "avx512", "avx2", "plain". */
const char *simd_name(enum simd set);

/* A table of kernels has a place for every set, NULL where none is written: const struct KERNEL *const table[SIMD_SETS]. */
#define SIMD_FITS(table, set) ((table)[set] && simd_has(set))
/* The best that this CPU can run; SIMD_PLAIN's is always there. */
#define SIMD_BEST(table)                                                                                                         \
    ((table)[SIMD_FITS(table, SIMD_AVX512) ? SIMD_AVX512 : SIMD_FITS(table, SIMD_AVX2) ? SIMD_AVX2 : SIMD_PLAIN])

#endif
