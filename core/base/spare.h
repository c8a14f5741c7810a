/* Large pieces of memory, on huge pages where the system has them, that outlive their first use: a run's memory is
 * written once, and clearing fresh pages for every run would cost up to a fifth of it. */
#ifndef GAZE_CORE_BASE_SPARE_H
#define GAZE_CORE_BASE_SPARE_H

#include <stddef.h>

enum { SPARE_ALIGN = 2 * 1024 * 1024 };

/* `bytes`, a multiple of SPARE_ALIGN, aligned to it: a piece that was given back, of this size or up to a quarter more,
 * or a fresh one. What lies in it is anything. Its size goes to *size; NULL when out of memory. Any thread may call. */
void *spare_take(size_t bytes, size_t *size);

/* Gives a piece of that size back, to be taken again: 256 MiB are kept at most, the rest goes to the system. Nothing
 * is kept under a sanitizer, which would not see its use after that. */
void spare_give(void *piece, size_t size);

/* Gives all that is kept to the system. */
void spare_release(void);

#endif
