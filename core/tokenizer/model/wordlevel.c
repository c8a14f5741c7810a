/* WordLevel: a piece is a token, or unknown. */
#include "core/tokenizer/model/model.h"

static bool infers(const struct json *json)
{
    return json_is_object(json_get(json, "vocab"));
}

static bool build(const struct build *build, const struct json *json, struct vocab *vocab, void **state_out, struct err *err)
{
    struct str *unknown = arena_zalloc(build->arena, 1, sizeof *unknown, "a model", err);
    *state_out = unknown;
    return unknown && field_str_needed(build, json, "unk_token", unknown, err) &&
           vocab_read(vocab, build, json_get(json, "vocab"), err);
}

static bool tokenize(const void *state, const struct vocab *vocab, struct str text, struct model_work *work, struct err *err)
{
    const struct str *unknown = state;
    int32_t id = vocab_find(vocab, text);
    if (id >= 0)
        return model_emit(work, id, 0, text.n, text, err);
    id = vocab_find(vocab, *unknown);
    if (id < 0)
        return err_set(err, ERR_FORMAT, "WordLevel: \"%.*s\" is unknown, and the unknown token \"%.*s\" is not in the vocabulary",
                       STR_ARGS(text), STR_ARGS(*unknown));
    return model_emit(work, id, 0, text.n, *unknown, err);
}

static struct str unknown(const void *state, const struct vocab *vocab)
{
    (void)vocab;
    return *(const struct str *)state;
}

const struct model_kind model_wordlevel = {
    .type = "WordLevel",
    .summary = "whole words",
    .infers = infers,
    .build = build,
    .tokenize = tokenize,
    .unknown = unknown,
};
