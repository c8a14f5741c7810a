/* The pickle of a state dict, in a sound archive with two storages. */
#include "core/weights/weights.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/stored_zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char zeros[512];
    struct err err = {0};
    struct buf zip = {0};
    const struct stored_member members[] = {{"a/data.pkl", {(const char *)data, size}},
                                            {"a/byteorder", {"little", 6}},
                                            {"a/data/0", {zeros, sizeof zeros}},
                                            {"a/data/1", {zeros, 24}}};
    stored_zip(members, sizeof members / sizeof *members, &zip, NULL);
    struct weights *weights = weights_open(fuzz_file("pytorch_model.bin", (const uint8_t *)zip.data, zip.n), &err);
    fuzz_check(weights, &err, "pytorch_model.bin");
    for (size_t i = 0; weights && i < weights->n; i++) { /* every byte of it can be read */
        const volatile unsigned char *bytes = weights->tensors[i].data;
        for (size_t k = 0; k < weights->tensors[i].bytes; k += 64)
            (void)bytes[k];
    }
    weights_close(weights);
    buf_free(&zip);
    return 0;
}
