/* The state of a training. */
#include "tests/fuzz/fuzz.h"
#include "core/embed/train/train.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct train_options options;
    struct arena *arena = arena_new(&err);
    bool good = arena && checkpoint_options(fuzz_file("state.ckpt", data, size), arena, &options, &err);
    fuzz_check(good, &err, "state.ckpt");
    arena_free(arena);
    return 0;
}
