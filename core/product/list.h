/* The kernels of products, best first: one row, one file. KERNEL(name) stands for product_NAME in product/NAME.c. */
#ifdef KERNEL
#if defined(__x86_64__)
KERNEL(avx512)
KERNEL(avx2)
#endif
KERNEL(openblas)
KERNEL(plain)
#endif
