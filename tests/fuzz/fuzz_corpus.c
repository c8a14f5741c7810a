/* A corpus: plain, gzip or zstd, whatever its first bytes say; trained on for an epoch where it can be read. */
#include "tests/fuzz/fuzz.h"
#include "core/embed/train/train.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct train_options options = {.trainer = trainers[0], .dim = 3, .window = 2, .negative = 2, .epochs = 1, .min_count = 1,
                                    .threads = 1, .alpha = 0.05, .subsample = 1e-3, .checkpoint_seconds = 1e9};
    options.corpus = fuzz_file("corpus.txt", data, size);
    struct training *training = training_new(&options, scratch_folder(), NULL, &err);
    bool good = training && training_run(training, NULL, NULL, &err);
    fuzz_check(good, &err, "corpus.txt");
    training_free(training);
    return 0;
}
