/* A file of analogies or word pairs. */
#include "core/embed/eval/eval.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct eval_set set;
    bool good = eval_read(fuzz_file("questions.txt", data, size), &set, &err);
    fuzz_check(good, &err, "questions.txt");
    if (good)
        eval_set_free(&set);
    return 0;
}
