/* word2vec's files, binary and text. See word2vec_write.h.
 *
 * A word that holds a byte <= 0x20 cannot stand in either, nor an empty one: other programs would read its row as others. */
#include "core/embed/format/word2vec_write.h"

#include <stdio.h>

#include "core/base/cancel.h"
#include "core/base/text.h"

static bool fits(const struct out *out, struct str word, size_t row, struct err *err)
{
    bool ok = word.n > 0;
    for (size_t i = 0; i < word.n; i++)
        ok = ok && (unsigned char)word.s[i] > 0x20;
    if (ok)
        return true;
    struct buf shown = {0};
    text_escape(&shown, word);
    err_set(err, ERR_UNSUPPORTED, "%s: word %zu, \"%.200s\", %s, which files of lines cannot hold; .npy and .safetensors can", out->path,
            row + 1, buf_cstr(&shown), word.n ? "holds a space" : "is empty");
    buf_free(&shown);
    return false;
}

static bool put_header(struct out *out, const struct rows_source *rows, struct err *err)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%zu %zu\n", rows->V, rows->E);
    return out_write(out, line, (size_t)n, err);
}

static bool interrupted(size_t row, struct err *err)
{
    return row % 4096 == 0 && cancel_requested() && !err_set(err, ERR_CANCELLED, "interrupted");
}

bool word2vec_write_binary(struct out *out, const struct rows_source *rows, struct err *err)
{
    if (!put_header(out, rows, err))
        return false;
    for (size_t i = 0; i < rows->V; i++) {
        struct str word = rows->words[i];
        if (interrupted(i, err) || !fits(out, word, i, err) || !out_write(out, word.s, word.n, err) || !out_write(out, " ", 1, err) ||
            !out_write(out, rows->row(rows->context, i), rows->E * sizeof(float), err) || !out_write(out, "\n", 1, err))
            return false;
    }
    return true;
}

bool word2vec_write_text(struct out *out, const struct rows_source *rows, bool header, struct err *err)
{
    if (header && !put_header(out, rows, err))
        return false;
    for (size_t i = 0; i < rows->V; i++) {
        struct str word = rows->words[i];
        if (interrupted(i, err) || !fits(out, word, i, err) || !out_write(out, word.s, word.n, err))
            return false;
        const float *row = rows->row(rows->context, i);
        for (size_t e = 0; e < rows->E; e++) {
            char number[32];
            int n = snprintf(number, sizeof number, " %.9g", (double)row[e]);
            if (!out_write(out, number, (size_t)n, err))
                return false;
        }
        if (!out_write(out, "\n", 1, err))
            return false;
    }
    return true;
}
