/* A file of torch.save, in either form. */
#include "core/weights/weights.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct weights *weights = weights_open(fuzz_file("pytorch_model.bin", data, size), &err);
    fuzz_check(weights, &err, "pytorch_model.bin");
    weights_close(weights);
    return 0;
}
