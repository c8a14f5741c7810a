/* A set of word vectors: its memory, its remarks, looking words up. See vectors.h. */
#include "core/embed/vectors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/embed/format/format.h"
#include "core/embed/index.h"

struct vectors *vectors_new(const char *name, const char *path, struct err *err)
{
    struct vectors *v = mem_new(1, sizeof *v, "a set of vectors", err);
    if (!v)
        return NULL;
    v->arena = arena_new(err);
    v->name = mem_copy_str(str_of(name), err);
    v->path = mem_copy_str(str_of(path), err);
    if (v->arena && v->name && v->path)
        return v;
    vectors_free(v);
    return NULL;
}

void vectors_free(struct vectors *v)
{
    if (!v)
        return;
    if (v->format && v->format->close)
        v->format->close(v);
    index_free(v->index);
    source_free(v->source);
    arena_free(v->arena);
    free(v->note);
    free(v->path);
    free(v->name);
    free(v);
}

bool vectors_remark(struct vectors *v, struct err *err, const char *format, ...)
{
    char line[400];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct buf note = {0};
    if (v->note)
        buf_printf(&note, "%s; ", v->note);
    buf_puts(&note, line);
    if (!buf_ok(&note, err)) {
        buf_free(&note);
        return false;
    }
    free(v->note);
    v->note = note.data;
    return true;
}

/* ---- looking up ---- */

static size_t find_marked(const struct vectors *v, struct str word, bool fold)
{
    struct buf marked = {0};
    size_t row = VECTORS_NONE;
    for (const char *at = v->marks ? v->marks : ""; *at && row == VECTORS_NONE;) {
        size_t n = strcspn(at, "|");
        marked.n = 0;
        buf_add(&marked, at, n);
        buf_str(&marked, word);
        if (!marked.failed)
            row = fold ? index_find_folded(v->index, buf_view(&marked)) : index_find(v->index, buf_view(&marked));
        at += n + (at[n] == '|');
    }
    buf_free(&marked);
    return row;
}

size_t vectors_find(const struct vectors *v, struct str word, bool fold)
{
    size_t row = index_find(v->index, word);
    if (row == VECTORS_NONE && v->marks)
        row = find_marked(v, word, false);
    if (row == VECTORS_NONE && fold && v->marks)
        row = find_marked(v, word, true);
    return row == VECTORS_NONE && fold ? index_find_folded(v->index, word) : row;
}

void vectors_row(const struct vectors *v, size_t i, float *out)
{
    v->dtype->widen((const unsigned char *)v->data + (v->offsets ? v->offsets[i] : i * v->stride), v->E, out);
}

bool vectors_of(const struct vectors *v, struct str word, bool fold, float *out, size_t *row_out)
{
    size_t row = vectors_find(v, word, fold);
    if (row_out)
        *row_out = row;
    if (row != VECTORS_NONE) {
        vectors_row(v, row, out);
        return true;
    }
    return v->format && v->format->unknown && v->format->unknown(v, word, out);
}
