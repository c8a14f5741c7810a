/* Maps in NumPy's files: the archive, its arrays, and what a run is made of. */
#include "core/given.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct given_report report;
    const struct given_options options = {.mask = GIVEN_AUTO};
    struct run *run = given_open(fuzz_file("maps.npz", data, size), &options, &report, &err);
    fuzz_check(run, &err, "maps.npz");
    buf_free(&report.unread);
    run_free(run);
    return 0;
}
