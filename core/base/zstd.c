/* Reading of zstd frames (RFC 8878): libzstd stands behind this file alone. */
#include <string.h>
#include <zstd.h>

#include "core/base/stream.h"

static void *begin(struct err *err)
{
    ZSTD_DStream *state = ZSTD_createDStream();
    if (!state)
        err_memory(err, ZSTD_DStreamOutSize(), "the zstd decoder");
    return state;
}

static bool step(void *state, const void *in, size_t n_in, size_t *in_used, void *out, size_t n_out, size_t *out_made, bool *whole,
                 struct err *err)
{
    ZSTD_inBuffer from = {in, n_in, 0};
    ZSTD_outBuffer to = {out, n_out, 0};
    size_t left = ZSTD_decompressStream(state, &to, &from);
    if (ZSTD_isError(left))
        return err_set(err, ERR_FORMAT, "damaged zstd data: %s", ZSTD_getErrorName(left));
    *in_used = from.pos;
    *out_made = to.pos;
    *whole = left == 0;
    return true;
}

static void end(void *state)
{
    ZSTD_freeDStream(state);
}

extern const struct decoder decoder_zstd;
const struct decoder decoder_zstd = {.name = "zstd", .begin = begin, .step = step, .end = end};
