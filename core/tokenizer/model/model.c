/* The family of models: choosing a row, and memory for the work. See model.h. */
#include "core/tokenizer/model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tokenizer/model/list.h"

#include "core/base/cancel.h"

#define EXTERN(name) extern const struct model_kind model_##name;
MODELS(EXTERN)
#define ROW(name) &model_##name,
const struct model_kind *const model_kinds[] = {MODELS(ROW) NULL};

void model_work_free(struct model_work *work)
{
    free(work->tokens);
    free(work->scratch[0]);
    free(work->scratch[1]);
    memset(work, 0, sizeof *work);
}

bool model_emit(struct model_work *work, int32_t id, size_t begin, size_t end, struct str value, struct err *err)
{
    if (work->n == work->capacity &&
        !mem_grow((void **)&work->tokens, &work->capacity, work->n + 1, sizeof *work->tokens, "tokens", err))
        return false;
    if (!cancel_check(work->n, err))
        return false;
    work->tokens[work->n++] = (struct model_token){id, (uint32_t)begin, (uint32_t)end, value};
    return true;
}

void *model_scratch(struct model_work *work, size_t slot, size_t n, size_t item, struct err *err)
{
    size_t bytes;
    if (!size_mul(n, item, &bytes)) {
        err_memory(err, SIZE_MAX, "tokens");
        return NULL;
    }
    return mem_grow(&work->scratch[slot], &work->scratch_capacity[slot], bytes, 1, "tokens", err) ? work->scratch[slot] : NULL;
}

static const struct model_kind *kind_of(const struct build *build, const struct json *json, struct err *err)
{
    const struct json *type = json_get(json, "type");
    struct str name = json_str(type, "");
    for (size_t i = 0; model_kinds[i]; i++)
        if (type ? str_is(name, model_kinds[i]->type) : model_kinds[i]->infers && model_kinds[i]->infers(json))
            return model_kinds[i];
    if (type)
        err_set(err, ERR_UNSUPPORTED, "%s: model of unknown type \"%.*s\"", build->path, STR_ARGS(name));
    else
        err_set(err, ERR_UNSUPPORTED, "%s: a model without \"type\", and with no vocabulary that tells it", build->path);
    return NULL;
}

bool model_build(struct token_model *model, const struct build *build, const struct json *json, struct err *err)
{
    *model = (struct token_model){0};
    if (!json_is_object(json))
        return err_set(err, ERR_FORMAT, "%s: \"model\": expected an object", build->path);
    vocab_init(&model->vocab, build->arena);
    model->kind = kind_of(build, json, err);
    if (!model->kind)
        return false;
    char what[64];
    struct build named = *build;
    snprintf(what, sizeof what, "model %s", model->kind->type);
    named.what = what;
    return model->kind->build(&named, json, &model->vocab, &model->state, err);
}

void token_model_free(struct token_model *model)
{
    if (model->kind && model->kind->free && model->state)
        model->kind->free(model->state);
    vocab_free(&model->vocab);
    *model = (struct token_model){0};
}

bool model_tokenize(const struct token_model *model, struct str text, struct model_work *work, struct err *err)
{
    return !text.n || model->kind->tokenize(model->state, &model->vocab, text, work, err);
}

struct str model_unknown(const struct token_model *model)
{
    return model->kind->unknown ? model->kind->unknown(model->state, &model->vocab) : (struct str){0};
}
