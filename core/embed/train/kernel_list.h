/* The instruction sets of a training step: KERNEL(name, set) stands for train_NAME in kernel_NAME.c. */
#ifdef KERNEL
#if defined(__x86_64__)
KERNEL(avx512, SIMD_AVX512)
KERNEL(avx2, SIMD_AVX2)
#endif
KERNEL(plain, SIMD_PLAIN)
#endif
