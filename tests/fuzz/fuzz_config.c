/* A config.json beside the weights of a BERT. */
#include "tests/fuzz/fuzz.h"
#include "core/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    fuzz_companion("tests/data/golden/bert/model.safetensors");
    fuzz_companion("tests/data/golden/bert/vocab.txt");
    fuzz_file("config.json", data, size);
    struct model *model = model_load(scratch_folder(), "fuzz", &err);
    fuzz_check(model, &err, "gaze-test");
    model_free(model);
    return 0;
}
