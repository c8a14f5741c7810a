/* safetensors: u64 LE length of a JSON header, the header (padded with spaces to a multiple of 8), then the tensors'
 * bytes without holes, in the header's order. */
#include "repl/writer/writer.h"

#include "core/base/json.h"

static bool put_header(struct sink *sink, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                       size_t n_about, struct err *err)
{
    struct buf header = {0}, length = {0};
    size_t at = 0, bytes, end;
    buf_puts(&header, "{");
    for (size_t i = 0; i < n_about; i++) {
        buf_puts(&header, i ? "," : "\"__metadata__\":{");
        json_quote(&header, str_of(about[i].key));
        buf_char(&header, ':');
        json_quote(&header, str_of(about[i].value));
    }
    buf_puts(&header, n_about ? "}" : "");
    for (size_t i = 0; i < n; i++) {
        if (!tensor_promise_bytes(&tensors[i], &bytes, err) || !size_add(at, bytes, &end)) {
            buf_free(&header);
            return err_set(err, ERR_LIMIT, "%s: too large to be written", tensors[i].name);
        }
        buf_puts(&header, i || n_about ? "," : "");
        json_quote(&header, str_of(tensors[i].name));
        buf_printf(&header, ":{\"dtype\":\"%s\",\"shape\":[", tensors[i].is_i64 ? "I64" : "F32");
        for (int d = 0; d < tensors[i].rank; d++)
            buf_printf(&header, "%s%zu", d ? "," : "", tensors[i].shape[d]);
        buf_printf(&header, "],\"data_offsets\":[%zu,%zu]}", at, end);
        at = end;
    }
    buf_char(&header, '}');
    while (header.n % 8 && !header.failed)
        buf_char(&header, ' ');
    for (int i = 0; i < 8; i++)
        buf_char(&length, (char)((uint64_t)header.n >> (8 * i) & 255));
    bool ok = sink_drain(sink, &length, err) && sink_drain(sink, &header, err);
    buf_free(&length);
    buf_free(&header);
    return ok;
}

static bool put_tensors(struct sink *sink, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                        size_t n_about, struct err *err)
{
    if (!put_header(sink, tensors, n, about, n_about, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!tensor_put_bytes(sink, &tensors[i], err))
            return false;
    return true;
}

const struct writer writer_safetensors = {
    .name = "safetensors", .extensions = "safetensors", .summary = "named tensors", .tensors = put_tensors};
