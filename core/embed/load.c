/* Loading sets of word vectors. See load.h. */
#include "core/embed/load.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/embed/check.h"
#include "core/embed/format/format.h"
#include "core/embed/index.h"

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
