/* The index of weights in several files; the files that it names are not there. */
#include "tests/fuzz/fuzz.h"
#include "core/weights/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    fuzz_companion("tests/data/golden/bert-sharded/model-00001-of-00003.safetensors");
    fuzz_file("model.safetensors.index.json", data, size);
    struct weights *weights = weights_open(scratch_folder(), &err);
    fuzz_check(weights, &err, "gaze-test");
    weights_close(weights);
    return 0;
}
