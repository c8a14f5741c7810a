/* One pool of threads, made once. Tasks are tiles, rows or heads, never parts of a sum, so that the
 * number of threads changes no bit of a result. */
#ifndef GAZE_CORE_BASE_POOL_H
#define GAZE_CORE_BASE_POOL_H

#include <stddef.h>

/* Threads to use: 0 takes the smaller of the affinity mask and the cgroup's quota. May be called again. */
void pool_set_threads(size_t threads);
size_t pool_threads(void);

/* Call run(context, task, thread) for every task in [0,tasks), in any order, and wait. `thread` is in
 * [0,pool_threads()): for scratch of one's own. The caller's thread takes part. Not re-entrant: a call
 * from within a task runs the tasks in place, one after another. */
void pool_run(size_t tasks, void (*run)(void *context, size_t task, size_t thread), void *context);

/* The number of the calling thread for pool_scratch: that of the task it is in, else 0. */
size_t pool_thread(void);

/* Scratch of at least `bytes` that belongs to `thread` until its next pool_scratch of the same slot; 64-byte
 * aligned, NULL when out of memory. Slots keep nested users apart: 0..3 products, 4..5 terms of attention,
 * 6..7 blocks of attention. */
void *pool_scratch(size_t thread, size_t slot, size_t bytes);

/* Joins the threads and frees the scratch, at the end of the program. */
void pool_free(void);

#endif
