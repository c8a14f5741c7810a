/* The family of tokenization models: a piece of text in, ids out. */
#ifndef GAZE_CORE_TOKENIZER_MODEL_MODEL_H
#define GAZE_CORE_TOKENIZER_MODEL_MODEL_H

#include "core/tokenizer/build.h"
#include "core/tokenizer/vocab.h"

struct model_token {
    int32_t id;
    uint32_t begin, end; /* bytes of the piece; a damaged vocabulary may lead beyond it */
    struct str value;    /* the string that the reference calls the token; borrowed from vocabulary or piece */
};

/* What a model writes, and memory that it may use again for the next piece. */
struct model_work {
    struct model_token *tokens; /* [n] */
    size_t n, capacity;
    void *scratch[2];
    size_t scratch_capacity[2];
};
void model_work_free(struct model_work *work); /* a zeroed struct is fine */
NODISCARD bool model_emit(struct model_work *work, int32_t id, size_t begin, size_t end, struct str value, struct err *err);
/* scratch[slot] of at least n items. */
NODISCARD void *model_scratch(struct model_work *work, size_t slot, size_t n, size_t item, struct err *err);

struct model_kind {
    const char *type, *summary; /* the "type" in a tokenizer.json; what it is */
    /* Whether a model without "type" (old files) is one of these; asked in the order of the list. */
    bool (*infers)(const struct json *json);
    /* Read the vocabulary and the fields. The state lies in build->arena. */
    bool (*build)(const struct build *build, const struct json *json, struct vocab *vocab, void **state_out, struct err *err);
    /* Append the ids of `text`, which is not empty. */
    bool (*tokenize)(const void *state, const struct vocab *vocab, struct str text, struct model_work *work, struct err *err);
    void (*free)(void *state);                                           /* what the arena does not hold, or NULL */
    struct str (*unknown)(const void *state, const struct vocab *vocab); /* the unknown token's string, n 0: none */
};
struct token_model {
    const struct model_kind *kind;
    struct vocab vocab;
    void *state;
};

/* Build from a tokenizer.json's "model". The caller calls token_model_free, after a failure too. */
NODISCARD bool model_build(struct token_model *model, const struct build *build, const struct json *json, struct err *err);
void token_model_free(struct token_model *model);
NODISCARD bool model_tokenize(const struct token_model *model, struct str text, struct model_work *work, struct err *err);
struct str model_unknown(const struct token_model *model);

extern const struct model_kind *const model_kinds[]; /* NULL-ended */

#endif
