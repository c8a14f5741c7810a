/* word2vec's binary file (Mikolov et al. 2013, word2vec.c), as word2vec, gensim and fastText's tools write it.
 *
 *   "V E\n"  then V times:  word ' ' E floats, little-endian  ['\n']
 *
 * The line end behind the numbers is word2vec.c's and not gensim's. Numbers stay where they lie, perhaps unaligned. */
#include <string.h>

#include "core/base/cancel.h"
#include "core/embed/format/word2vec.h"
#include "core/embed/format/text.h"

enum { LONGEST_WORD = 10000 };

/* A word, a blank and numbers that are written out, or bytes of them? Words with blanks are text, too, as long as their line
 * ends in as many numbers as the first line says. */
static bool recognises(const struct source *source)
{
    size_t V, E, at;
    if (!text_header(source, &V, &E, &at) || V == 0 || E == 0)
        return false;
    while (at < source->size && source->data[at] == '\n')
        at++;
    size_t look = source->size - at < LONGEST_WORD ? source->size - at : LONGEST_WORD;
    const unsigned char *blank = memchr(source->data + at, ' ', look);
    if (!blank || memchr(source->data + at, '\n', (size_t)(blank - source->data) - at) || text_dimensions(source, at) >= E)
        return false;
    size_t rest = source->size - (size_t)(blank + 1 - source->data), n = E < 16 ? 4 * E : 64;
    for (size_t i = 1; i <= n && i <= rest && blank[i] != '\n'; i++)
        if ((blank[i] < ' ' && blank[i] != '\t' && blank[i] != '\r') || blank[i] >= 0x7f)
            return true;
    return false;
}

static size_t most(const struct source *source)
{
    size_t V, E, at, row, all;
    bool fits = text_header(source, &V, &E, &at) && size_mul(E, sizeof(float), &row) && size_add(row, LONGEST_WORD + 2, &row) &&
                size_mul(V, row, &all) && size_add(all, SOURCE_FRONT, &all);
    return fits ? all : SIZE_MAX;
}

/* Bytes that no row took, and words that hold line ends or NUL: the rows are longer than the first line says. */
static bool check_rest(struct vectors *v, size_t rest, struct err *err)
{
    if (!rest)
        return true;
    for (size_t i = 0; i < v->V; i++)
        if (memchr(v->words[i].s, '\n', v->words[i].n) || memchr(v->words[i].s, 0, v->words[i].n))
            return err_set(
                err, ERR_FORMAT,
                "%s: line 1 promises %zu number%s a word, but word %zu holds a line end or NUL then, and %zu bytes stay "
                "behind the last: is it another count?",
                v->path, v->E, v->E == 1 ? "" : "s", i + 1, rest);
    return vectors_remark(v, err, "%zu byte%s behind the last word %s left out", rest, rest == 1 ? "" : "s",
                          rest == 1 ? "is" : "are");
}

static bool read_rows(struct vectors *v, size_t at, struct str *words, size_t *offsets, char *text, struct err *err)
{
    const unsigned char *data = v->source->data;
    size_t size = v->source->size, row_bytes = v->E * sizeof(float);
    for (size_t i = 0; i < v->V; i++) {
        if (i % 4096 == 0 && cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        while (at < size && data[at] == '\n')
            at++;
        size_t look = size - at < LONGEST_WORD ? size - at : LONGEST_WORD;
        const unsigned char *blank = look ? memchr(data + at, ' ', look) : NULL;
        if (!blank && look == LONGEST_WORD)
            return err_set(err, ERR_FORMAT, "%s: word %zu of %zu, at byte %zu: no blank within %d bytes: not a word", v->path,
                           i + 1, v->V, at, LONGEST_WORD);
        if (!blank || size - (size_t)(blank + 1 - data) < row_bytes)
            return err_set(err, ERR_FORMAT,
                           "%s: ends within word %zu of the %zu that line 1 promises, at byte %zu: each takes %zu "
                           "bytes behind it",
                           v->path, i + 1, v->V, at, row_bytes);
        size_t n = (size_t)(blank - data) - at;
        memcpy(text, data + at, n);
        words[i] = (struct str){text, n};
        text += n;
        offsets[i] = (size_t)(blank + 1 - data);
        at = offsets[i] + row_bytes;
        __builtin_prefetch(data + at + row_bytes + 12);
    }
    while (at < size && data[at] == '\n')
        at++;
    return check_rest(v, size - at, err);
}

static bool open_binary(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    size_t at, least, row;
    (void)options;
    if (!text_header(v->source, &v->V, &v->E, &at))
        return err_set(err, ERR_FORMAT, "%s: the first line is not two whole numbers", v->path);
    if (!size_mul(v->E, sizeof(float), &row) || !size_add(row, 1, &row) || !size_mul(v->V, row, &least) ||
        least > v->source->size - at)
        return err_set(err, ERR_FORMAT,
                       "%s: line 1 promises %zu words of %zu numbers, which do not fit in the %zu bytes behind it", v->path, v->V,
                       v->E, v->source->size - at);
    struct str *words = arena_alloc(v->arena, v->V, sizeof *words, "words", err);
    size_t *offsets = words ? arena_alloc(v->arena, v->V, sizeof *offsets, "words", err) : NULL;
    char *text = offsets ? arena_alloc(v->arena, v->source->size - at - least + v->V, 1, "words", err) : NULL;
    v->words = words;
    v->offsets = offsets;
    v->data = v->source->data;
    v->dtype = &DTYPE_F32;
    return text && read_rows(v, at, words, offsets, text, err);
}

const struct vectors_format vectors_word2vec_binary = {
    .name = "word2vec",
    .summary = "word2vec binary, of word2vec.c and gensim",
    .extensions = "bin",
    .recognises = recognises,
    .most = most,
    .open = open_binary,
    .write = word2vec_put_binary,
};
