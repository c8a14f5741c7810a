/* A safetensors file. */
#include "tests/fuzz/fuzz.h"
#include "core/weights/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct weights *weights = weights_open(fuzz_file("model.safetensors", data, size), &err);
    fuzz_check(weights, &err, "model.safetensors");
    weights_close(weights);
    return 0;
}
