/* NumPy's .npy: one tensor (format version 1.0, numpy.lib.format). */
#include "repl/writer/writer.h"

static bool put_tensors(struct sink *sink, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                        size_t n_about, struct err *err)
{
    struct buf header = {0};
    (void)about, (void)n_about;
    if (n != 1)
        return fail_one_tensor("npy", tensors, n, err);
    npy_header(&tensors[0], &header);
    return sink_drain(sink, &header, err) && tensor_put_bytes(sink, &tensors[0], err);
}

const struct writer writer_npy = {.name = "npy",
                                  .extensions = "npy",
                                  .summary = "NumPy array, one tensor",
                                  .one_tensor = true,
                                  .tensors = put_tensors};
