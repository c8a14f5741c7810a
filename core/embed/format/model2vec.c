/* Static embeddings of a sentence transformer's tokens, a folder as model2vec writes it (Tulkens, van Dongen 2024):
 *
 *   tokenizer.json      its ids are the words of the set
 *   model.safetensors   embeddings [rows,E]; perhaps mapping [ids], from an id to its row, and weights [ids], which multiply rows
 *   config.json         "normalize": vectors have length 1
 *
 * A text's vector is the mean of its tokens' without unknown ones; so is that of a word that is no token. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/embed/format/format.h"
#include "core/embed/vectors.h"
#include "core/tokenizer/load.h"
#include "core/weights/weights.h"

struct model2vec {
    struct tokenizer *tokenizer;
    struct weights *weights;
    bool normalize;
    const float *rows; /* [ids,E], before they are made of length 1 */
    size_t ids;
};

static void close_model2vec(struct vectors *v)
{
    struct model2vec *m = v->own;
    if (!m)
        return;
    tokenizer_free(m->tokenizer);
    weights_close(m->weights);
    free(m);
}

static void normalise(float *row, size_t E)
{
    double sum = 0;
    for (size_t d = 0; d < E; d++)
        sum += (double)row[d] * (double)row[d];
    for (size_t d = 0; d < E && sum > 0; d++)
        row[d] = (float)((double)row[d] / sqrt(sum));
}

static bool unknown(const struct vectors *v, struct str word, float *out)
{
    const struct model2vec *m = v->own;
    struct encoding encoding = {0};
    size_t count = 0;
    int32_t unk = tokenizer_role(m->tokenizer, "unk");
    memset(out, 0, v->E * sizeof *out);
    if (!tokenizer_encode(m->tokenizer, word, NULL, TOKENIZE_NO_SPECIAL, &encoding, NULL))
        return false;
    for (size_t t = 0; t < encoding.n; t++) {
        size_t id = (size_t)encoding.tokens[t].id;
        if (encoding.tokens[t].id == unk || id >= m->ids)
            continue;
        for (size_t d = 0; d < v->E; d++)
            out[d] += m->rows[id * v->E + d];
        count++;
    }
    encoding_free(&encoding);
    for (size_t d = 0; d < v->E && count; d++)
        out[d] /= (float)count;
    if (m->normalize)
        normalise(out, v->E);
    return count > 0;
}

/* ---- the folder ---- */

static const struct tensor *find_embeddings(const struct weights *weights)
{
    const struct tensor *t = weights_find(weights, STR("embeddings"));
    return t ? t : weights_find(weights, STR("embedding.weight")); /* sentence-transformers' name */
}

/* Element i of a list of whole numbers or floats. */
static double number_at(const struct tensor *t, size_t i)
{
    const unsigned char *at = (const unsigned char *)t->data + i * t->dtype->bytes;
    if (t->dtype->is_float) {
        float value;
        double wide;
        if (strcmp(t->dtype->name, "F64") == 0) {
            memcpy(&wide, at, sizeof wide);
            return wide;
        }
        t->dtype->widen(at, 1, &value);
        return (double)value;
    }
    uint64_t bits = 0;
    for (size_t b = t->dtype->bytes; b-- > 0;)
        bits = bits << 8 | at[b];
    size_t shift = 64 - 8 * t->dtype->bytes;
    return (double)((int64_t)(bits << shift) >> shift);
}

/* mapping or weights: NULL where it is not there; else one number an id. */
static bool find_list(const struct vectors *v, const struct model2vec *m, const char *name, bool whole, const struct tensor **out,
                      struct err *err)
{
    const struct tensor *t = *out = weights_find(m->weights, str_of(name));
    if (!t || (t->rank == 1 && t->shape[0] >= m->ids && t->dtype->block == 1 && t->dtype->bytes <= 8 && t->dtype->is_float == !whole))
        return true;
    return err_set(err, ERR_FORMAT, "%s: tensor %s is not one %s for each of the %zu ids", v->path, name,
                   whole ? "whole number" : "number", m->ids);
}

static bool take_row(const struct vectors *v, const struct tensor *table, size_t row, float *out, struct err *err)
{
    if (row >= table->shape[0])
        return err_set(err, ERR_FORMAT, "%s: tensor mapping has row %zu of %zu", v->path, row, table->shape[0]);
    const unsigned char *at = (const unsigned char *)table->data + row * (table->bytes / table->shape[0]);
    if (table->dtype->is_float)
        table->dtype->widen(at, v->E, out);
    for (size_t d = 0; d < v->E && !table->dtype->is_float; d++) /* I8 */
        out[d] = (float)(signed char)at[d];
    return true;
}

/* Rows of all ids as they enter a mean, and the words with their vectors. */
static bool make_rows(struct vectors *v, struct model2vec *m, const struct tensor *table, struct err *err)
{
    const struct tensor *mapping, *weights;
    if (!find_list(v, m, "mapping", true, &mapping, err) || !find_list(v, m, "weights", false, &weights, err))
        return false;
    float *rows = arena_alloc(v->arena, m->ids, v->E * sizeof *rows, "vectors", err);
    struct str *words = rows ? arena_alloc(v->arena, m->ids, sizeof *words, "words", err) : NULL;
    size_t *offsets = words ? arena_alloc(v->arena, m->ids, sizeof *offsets, "words", err) : NULL, n = 0;
    if (!offsets)
        return false;
    for (size_t id = 0; id < m->ids; id++) {
        double row = mapping ? number_at(mapping, id) : (double)id, weight = weights ? number_at(weights, id) : 1;
        if (!take_row(v, table, row >= 0 ? (size_t)row : SIZE_MAX, rows + id * v->E, err))
            return false;
        for (size_t d = 0; d < v->E && weights; d++)
            rows[id * v->E + d] = (float)((double)rows[id * v->E + d] * weight);
        words[n] = tokenizer_string(m->tokenizer, (int32_t)id);
        offsets[n] = id * v->E * sizeof *rows;
        n += words[n].n > 0;
    }
    m->rows = rows;
    v->data = rows;
    v->words = words;
    v->offsets = offsets;
    v->V = n;
    v->dtype = &DTYPE_F32;
    v->stride = v->E * sizeof *rows;
    if (!m->normalize)
        return true;
    float *units = arena_alloc(v->arena, m->ids, v->E * sizeof *units, "vectors", err);
    v->data = units;
    for (size_t id = 0; units && id < m->ids; id++) {
        memcpy(units + id * v->E, rows + id * v->E, v->E * sizeof *units);
        normalise(units + id * v->E, v->E);
    }
    return units != NULL;
}

static bool read_config(const char *folder, struct model2vec *m, struct err *err)
{
    char *path = path_join(folder, "config.json", err);
    bool ok = path != NULL;
    if (ok && file_exists(path)) {
        struct json *config = json_load(path, 0, err);
        m->normalize = json_bool(json_get(config, "normalize"), false);
        ok = config != NULL;
        json_free(config);
    }
    free(path);
    return ok;
}

static bool open_folder(struct vectors *v, struct model2vec *m, const char *folder, struct err *err)
{
    char *path = path_join(folder, "model.safetensors", err);
    bool ok = path && (m->weights = weights_open(path, err)) && read_config(folder, m, err);
    free(path);
    const struct tensor *table = ok ? find_embeddings(m->weights) : NULL;
    if (ok && !table)
        return err_set(err, ERR_FORMAT, "%s: model.safetensors has no tensor embeddings: not a folder of model2vec (load reads a transformer)",
                       folder);
    if (!ok || !(m->tokenizer = tokenizer_load(folder, err)))
        return false;
    bool eight = strcmp(table->dtype->name, "I8") == 0;
    if (table->rank != 2 || table->shape[0] == 0 || table->shape[1] == 0 || !(table->dtype->is_float || eight))
        return err_set(err, ERR_FORMAT, "%s: tensor %.*s is no matrix of numbers", folder, STR_ARGS(table->name));
    v->E = table->shape[1];
    m->ids = tokenizer_vocab_size(m->tokenizer);
    if (m->ids > table->shape[0] && !weights_find(m->weights, STR("mapping")))
        return err_set(err, ERR_FORMAT, "%s: %zu rows for %zu ids, and no tensor mapping", folder, table->shape[0], m->ids);
    return make_rows(v, m, table, err);
}

static bool open_model2vec(struct vectors *v, const struct vectors_options *options, struct err *err)
{
    char *within = path_join(v->path, "0_StaticEmbedding", err); /* where sentence-transformers puts it */
    (void)options;
    v->own = mem_new(1, sizeof(struct model2vec), "static embeddings", err);
    v->marks = "\xc4\xa0|\xe2\x96\x81"; /* Ġ of byte-level BPE, ▁ of SentencePiece */
    bool ok = within && v->own && open_folder(v, v->own, file_is_folder(within) ? within : v->path, err);
    free(within);
    return ok;
}

const struct vectors_format vectors_model2vec = {
    .name = "model2vec",
    .summary = "a folder of model2vec: static embeddings with their tokenizer, which unknown words go through",
    .open = open_model2vec,
    .close = close_model2vec,
    .unknown = unknown,
    .is_folder = true,
};
