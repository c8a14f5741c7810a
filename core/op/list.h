/* The instruction sets of the row operations, best first: KERNEL(name) stands for op_NAME in op/NAME.c. */
#ifdef KERNEL
#if defined(__x86_64__)
KERNEL(avx512)
KERNEL(avx2)
#endif
KERNEL(plain)
#endif
