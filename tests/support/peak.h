/* How much memory a piece of work takes. */
#ifndef GAZE_TESTS_SUPPORT_PEAK_H
#define GAZE_TESTS_SUPPORT_PEAK_H

#include <stdbool.h>
#include <stddef.h>

/* Does the work, in a process of its own, end well with its resident size never `bytes` above what it was before? */
bool peak_within(size_t bytes, void (*work)(const void *context), const void *context);

#endif
