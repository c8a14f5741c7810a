/* What a fuzz entry may use. Each tests/fuzz/fuzz_NAME.c holds one LLVMFuzzerTestOneInput: it feeds one reader, and a
 * reader that fails must say so with a code, a message, and the file's name. */
#ifndef GAZE_TESTS_FUZZ_H
#define GAZE_TESTS_FUZZ_H

#include <stdint.h>
#include "core/base/err.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Write the bytes to NAME in the scratch folder. Its path, valid until the next call. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t size);
/* Copy PATH of the repository into the scratch folder, once, under the same last name. */
void fuzz_companion(const char *path);
/* Stop the program where a failed reader left no error, or one that does not hold `named` (NULL: any). */
void fuzz_check(bool good, const struct err *err, const char *named);

#endif
