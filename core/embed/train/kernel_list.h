/* The instruction sets of a training step, best first: KERNEL(name) stands for train_NAME in kernel_NAME.c. */
#ifdef KERNEL
#if defined(__x86_64__)
KERNEL(avx512)
KERNEL(avx2)
#endif
KERNEL(plain)
#endif
