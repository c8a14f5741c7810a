/* Loading sets of word vectors and looking words up. See vectors.h. */
#include "core/embed/vectors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/embed/check.h"
#include "core/embed/format/format.h"
#include "core/embed/format/list.h"
#include "core/embed/index.h"
#include "core/embed/query/sketch.h"

#define EXTERN(name) extern const struct vectors_format vectors_##name;
VECTORS_FORMATS(EXTERN)
#undef EXTERN
#define ROW(name) &vectors_##name,
const struct vectors_format *const vectors_formats[] = {VECTORS_FORMATS(ROW) NULL};
#undef ROW

const struct vectors_format *vectors_format_written(struct str name)
{
    for (size_t i = 0; vectors_formats[i]; i++) {
        const struct vectors_format *format = vectors_formats[i];
        if (format->write && str_is(name, format->name))
            return format;
        for (const char *at = format->write ? format->extensions : ""; *at;) {
            size_t n = strcspn(at, "|");
            if (n == name.n && strncasecmp(at, name.s, n) == 0)
                return format;
            at += n + (at[n] == '|');
        }
    }
    return NULL;
}

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

/* ---- finishing ---- */

/* Leave out the rows that are marked: words and places move up, numbers stay where they are. */
static bool drop_marked(struct vectors *v, const unsigned char *marked, size_t n, struct err *err)
{
    size_t kept = v->V - n, at = 0;
    struct str *words = arena_alloc(v->arena, kept, sizeof *words, "words", err);
    size_t *offsets = words ? arena_alloc(v->arena, kept, sizeof *offsets, "words", err) : NULL;
    if (!offsets)
        return false;
    for (size_t i = 0; i < v->V; i++)
        if (!marked[i]) {
            words[at] = v->words[i];
            offsets[at++] = v->offsets ? v->offsets[i] : i * v->stride;
        }
    v->words = words;
    v->offsets = offsets;
    v->V = kept;
    v->first_line = 0;
    return true;
}

static size_t first_marked(const unsigned char *marked, size_t n)
{
    const unsigned char *at = memchr(marked, 1, n);
    return at ? (size_t)(at - marked) : 0;
}

bool vectors_finish(struct vectors *v, struct err *err)
{
    size_t n;
    if (v->V == 0 || v->E == 0)
        return err_set(err, ERR_FORMAT, "%s: no vectors: %zu words of %zu dimensions", v->path, v->V, v->E);
    unsigned char *twice = mem_new(v->V, 1, "an index of words", err);
    v->index = twice ? index_new(v->words, v->V, twice, &n, err) : NULL;
    bool ok = v->index != NULL;
    if (ok && n) {
        size_t first = first_marked(twice, v->V);
        index_free(v->index);
        v->index = NULL;
        ok = vectors_remark(v, err, "%zu word%s there before and left out, first \"%.*s\", %s %zu", n,
                            n == 1 ? " was" : "s were", STR_ARGS(v->words[first]), v->first_line ? "line" : "word",
                            first + (v->first_line ? v->first_line : 1)) &&
             drop_marked(v, twice, n, err) && (v->index = index_new(v->words, v->V, twice, &n, err)) != NULL;
    }
    free(twice);
    return ok && check_words(v, err) && check_numbers(v, err);
}

/* ---- loading ---- */

static const struct vectors_format *recognise(const struct source *source, struct err *err)
{
    struct buf names = {0};
    for (size_t i = 0; vectors_formats[i]; i++) {
        if (vectors_formats[i]->is_folder)
            continue;
        if (vectors_formats[i]->recognises(source)) {
            buf_free(&names);
            return vectors_formats[i];
        }
        buf_printf(&names, "%s%s", i ? ", " : "", vectors_formats[i]->name);
    }
    if (source->size == 0)
        err_set(err, ERR_FORMAT, "%s: is empty", source->path);
    else if (source->size > 1 && source->data[0] == 0x80 && source->data[1] >= 2 && source->data[1] <= 5)
        err_set(err, ERR_UNSUPPORTED,
                "%s: a Python pickle, perhaps gensim's own .kv or .model: its save_word2vec_format writes what is read",
                source->path);
    else
        err_set(err, ERR_FORMAT,
                "%s: no known format of word vectors (%s): a text begins with a word and its numbers, or with two counts",
                source->path, buf_cstr(&names));
    buf_free(&names);
    return NULL;
}

/* "glove.6B" of "data/glove.6B.txt.gz". */
static char *name_of(const char *path, struct err *err)
{
    static const char *const endings[] = {".gz", ".zst", ".bz2", ".xz", ".zip", ".7z", ".tar", ".bin", ".ftz", ".txt", ".vec", ".npy", ".safetensors"};
    struct str name = str_of(path);
    while (name.n > 1 && name.s[name.n - 1] == '/')
        name.n--;
    const char *slash = memrchr(name.s, '/', name.n);
    if (slash && name.n > 1)
        name = (struct str){slash + 1, (size_t)(name.s + name.n - slash - 1)};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (name.n > strlen(endings[i]) && str_ends(name, str_of(endings[i])))
            name.n -= strlen(endings[i]);
    return mem_copy_str(name, err);
}

static bool options_fit(const struct vectors_format *format, const struct vectors_options *options, const char *path,
                        struct err *err)
{
    if (options->words && !format->takes_words)
        return err_set(err, ERR_ARG, "%s: words= is for .npy and safetensors; this is %s, which holds its words", path,
                       format->summary);
    if (options->tensor && !format->takes_tensor)
        return err_set(err, ERR_ARG, "%s: tensor= is for safetensors; this is %s", path, format->summary);
    return true;
}

/* What the front does not hold yet, as far as such a file can go on. */
static bool read_rest(struct source *source, const struct vectors_format *format, struct err *err)
{
    return source->whole ||
           source_read(source, format->most ? format->most(source) : SIZE_MAX, format->is_text ? SOURCE_LONG_LINE : 0, err);
}

static const struct vectors_format *format_of_folders(void)
{
    size_t i = 0;
    while (!vectors_formats[i]->is_folder)
        i++;
    return vectors_formats[i];
}

struct vectors *vectors_load(const char *path, const struct vectors_options *options, struct err *err)
{
    static const struct vectors_options none = {0};
    struct vectors *v = NULL;
    if (!options)
        options = &none;
    bool folder = file_is_folder(path);
    struct source *source = folder ? NULL : source_open(path, CONTENT_ANY, "word vectors", err);
    const struct vectors_format *format = folder ? format_of_folders() : source ? recognise(source, err) : NULL;
    char *name = format && options_fit(format, options, path, err) && (folder || read_rest(source, format, err)) ? name_of(path, err) : NULL;
    if (name)
        v = vectors_new(options->name ? options->name : name, path, err);
    free(name);
    if (!v) {
        source_free(source);
        return NULL;
    }
    v->source = source;
    v->format = format;
    if (format->open(v, options, err) && vectors_finish(v, err))
        return v;
    vectors_free(v);
    return NULL;
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
