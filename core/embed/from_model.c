/* The input embeddings of a transformer as a set of vectors: ids' strings and the word table. */
#include "core/embed/from_model.h"

#include <string.h>

#include "core/bind.h"
#include "core/embed/format/format.h"
#include "core/embed/load.h"

static void close_table(struct vectors *v)
{
    weights_close(v->own);
}

static const struct vectors_format of_model = {
    .name = "model", .summary = "a transformer's input embeddings", .close = close_table};

/* Strings of the ids, in the arena; ids without one are left out, which makes rows lie anywhere. */
static bool take_words(struct vectors *v, const struct tokenizer *tokenizer, size_t rows, struct err *err)
{
    struct str *words = arena_alloc(v->arena, rows ? rows : 1, sizeof *words, "words", err);
    size_t *offsets = words ? arena_alloc(v->arena, rows ? rows : 1, sizeof *offsets, "words", err) : NULL, n = 0;
    if (!offsets)
        return false;
    for (size_t id = 0; id < rows; id++) {
        struct str word = tokenizer_string(tokenizer, (int32_t)id);
        if (!word.s || !word.n)
            continue;
        if (!arena_str(v->arena, word, &words[n], err))
            return false;
        offsets[n++] = id * v->stride;
    }
    v->words = words;
    v->offsets = offsets;
    v->V = n;
    return n == rows || vectors_remark(v, err, "%zu rows without a token are left out", rows - n);
}

struct vectors *vectors_of_model(const struct model *model, const char *name, struct err *err)
{
    const struct tensor *table = model_word_table(model);
    if (!table || !model->tokenizer) {
        err_set(err, ERR_NOT_FOUND, "%s has no %s", model->name,
                table ? "tokenizer, so that its embeddings have no names" : "table of word embeddings");
        return NULL;
    }
    struct vectors *v = vectors_new(name, model->folder, err);
    if (!v)
        return NULL;
    v->own = weights_share(model->weights);
    v->format = &of_model;
    if (table->rank != 2 || table->shape[0] == 0) {
        err_set(err, ERR_FORMAT, "%s: tensor %.*s is no table", model->folder, STR_ARGS(table->name));
    } else {
        v->E = table->shape[1];
        v->data = table->data;
        v->dtype = table->dtype;
        v->stride = table->bytes / table->shape[0];
        v->marks = "\xc4\xa0|\xe2\x96\x81"; /* Ġ of byte-level BPE, ▁ of SentencePiece */
        if (take_words(v, model->tokenizer, table->shape[0], err) && vectors_finish(v, err))
            return v;
    }
    vectors_free(v);
    return NULL;
}
