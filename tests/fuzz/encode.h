/* Texts that a fuzzed tokenizer, if it loads, must take apart without harm. */
#ifndef GAZE_TESTS_FUZZ_ENCODE_H
#define GAZE_TESTS_FUZZ_ENCODE_H

#include "core/tokenizer/load.h"
#include "tests/fuzz/fuzz.h"

static inline void fuzz_encode(const struct tokenizer *tokenizer)
{
    static const char *const texts[] = {"", "Hello, wörld!  [MASK] <mask> 2024 don't", "日本語 \xf0\x9f\x98\x80 e\xcc\x81"};
    for (size_t i = 0; tokenizer && i < sizeof texts / sizeof *texts; i++) {
        struct err err = {0};
        struct encoding encoding = {0};
        struct str pair = str_of(texts[0]);
        bool good = tokenizer_encode(tokenizer, str_of(texts[i]), i == 1 ? &pair : NULL, 0, &encoding, &err);
        fuzz_check(good, &err, NULL);
        encoding_free(&encoding);
    }
}

#endif
