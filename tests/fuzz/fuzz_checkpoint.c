/* The state of a training: as it came, and with a checksum that is right, so that what the checksum guards is reached too;
 * restored to a training where its options can be read. */
#include <stdlib.h>
#include <string.h>

#include "core/base/deflate.h"
#include "core/embed/train/train.h"
#include "tests/fuzz/fuzz.h"

static void restore(const char *path, const struct train_options *options)
{
    static const char text[] = "a b c a b c\na b c d d\n";
    struct train_options own = {.trainer = options->trainer,
                                .dim = 3,
                                .window = 2,
                                .negative = 2,
                                .epochs = 2,
                                .min_count = 1,
                                .threads = 1,
                                .alpha = 0.05,
                                .subsample = 1e-3,
                                .seed = 1,
                                .checkpoint_seconds = 1e9};
    struct err err = {0};
    char *state = strdup(path);
    scratch_write("corpus.txt", text, sizeof text - 1);
    char *corpus = strdup(scratch_path("corpus.txt"));
    own.corpus = corpus;
    struct training *training = training_new(&own, scratch_folder(), NULL, &err);
    bool good = training && checkpoint_restore(state, training, &err) && training_run(training, NULL, NULL, &err);
    fuzz_check(good, &err, "state.ckpt");
    training_free(training);
    free(state);
    free(corpus);
}

static void read_one(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct train_options options;
    struct arena *arena = arena_new(&err);
    const char *path = fuzz_file("state.ckpt", data, size);
    bool good = arena && checkpoint_options(path, arena, &options, &err);
    fuzz_check(good, &err, "state.ckpt");
    if (good)
        restore(path, &options);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_one(data, size);
    if (size <= 4)
        return 0;
    uint8_t *mended = malloc(size);
    uint32_t crc = crc32_of(0, data, size - 4);
    memcpy(mended, data, size - 4);
    memcpy(mended + size - 4, &crc, 4);
    read_one(mended, size);
    free(mended);
    return 0;
}
