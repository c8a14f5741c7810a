/* A folder of this process for files that a test makes; in memory where /dev/shm can be written. A failure of the system ends
 * the program: it is no result of a test. */
#ifndef GAZE_TESTS_SUPPORT_SCRATCH_H
#define GAZE_TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

/* The folder, made at first use, removed at exit or by scratch_remove. */
const char *scratch_folder(void);
/* The path of NAME in it; valid until the next call. */
const char *scratch_path(const char *name);
void scratch_write(const char *name, const void *bytes, size_t n);
/* Copy a file under its last name, or every file of a folder (not of its folders). */
void scratch_copy(const char *path);
void scratch_copy_folder(const char *folder);
void scratch_remove(void);
/* A whole file on the heap. */
unsigned char *read_file(const char *path, size_t *n_out);

/* The next of a fixed sequence of numbers below `below`; start with any state but 0. Marsaglia 2003, xorshift64. */
size_t draw(unsigned long long *state, size_t below);

#endif
