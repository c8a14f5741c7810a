/* A set's rows handed to word2vec's writers. See word2vec.h. */
#include "core/embed/format/word2vec.h"

#include <stdlib.h>

#include "core/embed/format/word2vec_write.h"

struct rows {
    const struct vectors *vectors;
    float *row;
};

static const float *row_of(void *context, size_t i)
{
    struct rows *rows = context;
    vectors_row(rows->vectors, i, rows->row);
    return rows->row;
}

static bool begin(const struct vectors *v, struct rows *rows, struct rows_source *source, struct err *err)
{
    *rows = (struct rows){v, mem_new(v->E, sizeof(float), "a vector", err)};
    *source = (struct rows_source){.V = v->V, .E = v->E, .words = v->words, .row = row_of, .context = rows};
    return rows->row != NULL;
}

bool word2vec_put_binary(const struct vectors *v, const char *path, struct out *out, struct err *err)
{
    struct rows rows;
    struct rows_source source;
    (void)path;
    bool ok = begin(v, &rows, &source, err) && word2vec_write_binary(out, &source, err);
    free(rows.row);
    return ok;
}

static bool put_text(const struct vectors *v, bool header, struct out *out, struct err *err)
{
    struct rows rows;
    struct rows_source source;
    bool ok = begin(v, &rows, &source, err) && word2vec_write_text(out, &source, header, err);
    free(rows.row);
    return ok;
}

bool word2vec_put_text(const struct vectors *v, const char *path, struct out *out, struct err *err)
{
    (void)path;
    return put_text(v, true, out, err);
}

bool word2vec_put_lines(const struct vectors *v, const char *path, struct out *out, struct err *err)
{
    (void)path;
    return put_text(v, false, out, err);
}
