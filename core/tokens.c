/* Token axes. See tokens.h. */
#include "core/tokens.h"

#include <stdlib.h>
#include <string.h>

void tokens_free(struct tokens *tokens)
{
    if (!tokens)
        return;
    for (size_t t = 0; tokens->texts && t < tokens->n_texts; t++)
        encoding_free(&tokens->texts[t]);
    free(tokens->texts);
    free(tokens->starts);
    free(tokens->ids);
    free(tokens->types);
    free(tokens->positions);
    free(tokens);
}

/* Rows, ids, types and positions of all texts. */
static bool pack(struct tokens *tokens, struct err *err)
{
    tokens->starts = mem_new(tokens->n_texts + 1, sizeof *tokens->starts, "a run", err);
    if (!tokens->starts)
        return false;
    for (size_t t = 0; t < tokens->n_texts; t++) {
        if (tokens->texts[t].n == 0)
            return err_set(err, ERR_ARG, "the text has no tokens: nothing to run");
        tokens->starts[t + 1] = tokens->starts[t] + tokens->texts[t].n;
    }
    tokens->rows = tokens->starts[tokens->n_texts];
    tokens->ids = mem_new(tokens->rows, sizeof *tokens->ids, "a run", err);
    tokens->types = mem_new(tokens->rows, sizeof *tokens->types, "a run", err);
    tokens->positions = mem_new(tokens->rows, sizeof *tokens->positions, "a run", err);
    if (!tokens->ids || !tokens->types || !tokens->positions)
        return false;
    for (size_t t = 0; t < tokens->n_texts; t++)
        for (size_t i = 0; i < tokens->texts[t].n; i++) {
            size_t row = tokens->starts[t] + i;
            tokens->ids[row] = tokens->texts[t].tokens[i].id;
            tokens->types[row] = tokens->texts[t].tokens[i].type;
            tokens->positions[row] = (int32_t)i;
        }
    return true;
}

struct tokens *tokens_new(const char *name, struct encoding *texts, size_t n_texts, struct err *err)
{
    struct tokens *tokens = mem_new(1, sizeof *tokens, "a run", err);
    if (tokens)
        tokens->texts = mem_new(n_texts, sizeof *texts, "a run", err);
    if (!tokens || !tokens->texts) {
        free(tokens);
        for (size_t t = 0; t < n_texts; t++)
            encoding_free(&texts[t]);
        return NULL;
    }
    tokens->name = name;
    tokens->n_texts = n_texts;
    memcpy(tokens->texts, texts, n_texts * sizeof *texts);
    memset(texts, 0, n_texts * sizeof *texts); /* taken */
    if (!pack(tokens, err)) {
        tokens_free(tokens);
        return NULL;
    }
    return tokens;
}

static bool choose(const struct encoding *from, const size_t *rows, size_t n, struct encoding *out, struct err *err)
{
    out->arena = arena_new(err);
    out->tokens = out->arena ? arena_alloc(out->arena, n, sizeof *out->tokens, "a run", err) : NULL;
    if (!out->tokens)
        return false;
    for (size_t i = 0; i < n; i++)
        out->tokens[i] = from->tokens[rows[i]];
    out->n = n;
    return true;
}

struct tokens *tokens_choose(const char *name, const struct tokens *from, const size_t *const *rows, const size_t *n_rows,
                             struct err *err)
{
    struct encoding *texts = mem_new(from->n_texts, sizeof *texts, "a run", err);
    bool ok = texts != NULL;
    for (size_t t = 0; ok && t < from->n_texts; t++)
        ok = choose(&from->texts[t], rows[t], n_rows[t], &texts[t], err);
    struct tokens *tokens = ok ? tokens_new(name, texts, from->n_texts, err) : NULL;
    for (size_t t = 0; texts && t < from->n_texts; t++)
        encoding_free(&texts[t]); /* empty where they were taken */
    free(texts);
    return tokens;
}
