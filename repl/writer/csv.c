/* CSV: comma-separated values, for spreadsheets, R and pandas. */
#include "repl/writer/writer.h"

static bool put_text(struct sink *sink, struct str text, struct err *err)
{
    return sink_put(sink, text, err) && sink_puts(sink, "\n", err);
}

static bool put_columns(struct sink *sink, struct err *err)
{
    return separated_columns(sink, ',', err);
}

static bool put_row(struct sink *sink, const struct cell_value *cells, size_t n, struct err *err)
{
    return separated_row(sink, ',', cells, n, err);
}

static bool put_tensors(struct sink *sink, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                        size_t n_about, struct err *err)
{
    (void)about, (void)n_about;
    return n == 1 ? separated_tensor(sink, ',', tensors, err) : fail_one_tensor("csv", tensors, n, err);
}

const struct writer writer_csv = {.name = "csv",
                                 .extensions = "csv",
                                 .summary = "comma-separated values",
                                 .one_tensor = true,
                                 .text = put_text,
                                 .columns = put_columns,
                                 .row = put_row,
                                 .tensors = put_tensors};
