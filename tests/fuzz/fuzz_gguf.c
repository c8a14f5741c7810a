/* A GGUF file: its tensors, every one of which can be widened, and the model that its metadata make of them. */
#include "core/model.h"
#include "tests/fuzz/fuzz.h"

/* The block at the tensor's start and the last one. */
static void widen_ends(const struct tensor *tensor)
{
    float numbers[256];
    size_t block = tensor->dtype->block, n = tensor_numel(tensor);
    if (n < block)
        return;
    const unsigned char *last = (const unsigned char *)tensor->data + tensor->bytes - tensor->dtype->bytes;
    tensor->dtype->widen(tensor->data, block, numbers);
    tensor->dtype->widen(last, block, numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    const char *path = fuzz_file("model.gguf", data, size);
    struct weights *weights = weights_open(path, &err);
    fuzz_check(weights, &err, "model.gguf");
    for (size_t i = 0; weights && i < weights->n; i++)
        widen_ends(&weights->tensors[i]);
    if (weights) {
        struct model *model = model_load(path, NULL, &err);
        fuzz_check(model, &err, NULL);
        model_free(model);
    }
    weights_close(weights);
    return 0;
}
