/* A tokenizer.json; one that loads must encode. */
#include "tests/fuzz/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    fuzz_file("tokenizer.json", data, size);
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    fuzz_check(tokenizer, &err, "tokenizer.json");
    fuzz_encode(tokenizer);
    tokenizer_free(tokenizer);
    return 0;
}
