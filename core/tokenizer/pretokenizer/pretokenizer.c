/* The family of pre-tokenizers: choosing a row, and the calls that every row may leave out. See pretokenizer.h. */
#include "core/tokenizer/pretokenizer/pretokenizer.h"

#include <stdio.h>

#include "core/tokenizer/pretokenizer/list.h"

#define EXTERN(name) extern const struct pretokenizer_kind pretokenizer_##name;
PRETOKENIZERS(EXTERN)
#define ROW(name) &pretokenizer_##name,
const struct pretokenizer_kind *const pretokenizer_kinds[] = {PRETOKENIZERS(ROW) NULL};

bool pretokenizer_build(struct pretokenizer *pretokenizer, const struct build *build, const struct json *json, struct err *err)
{
    *pretokenizer = (struct pretokenizer){0};
    if (!json || json_is_null(json))
        return true;
    struct str type;
    if (!field_type(build, json, "pre-tokenizer", &type, err))
        return false;
    char what[64];
    struct build named = *build;
    named.what = what;
    for (size_t i = 0; pretokenizer_kinds[i]; i++) {
        if (!str_is(type, pretokenizer_kinds[i]->type))
            continue;
        pretokenizer->kind = pretokenizer_kinds[i];
        snprintf(what, sizeof what, "pre-tokenizer %s", pretokenizer->kind->type);
        return !pretokenizer->kind->build || pretokenizer->kind->build(&named, json, &pretokenizer->state, err);
    }
    return err_set(err, ERR_UNSUPPORTED, "%s: pre-tokenizer of unknown type \"%.*s\"", build->path, STR_ARGS(type));
}

void pretokenizer_free(struct pretokenizer *pretokenizer)
{
    if (pretokenizer->kind && pretokenizer->kind->free && pretokenizer->state)
        pretokenizer->kind->free(pretokenizer->state);
    *pretokenizer = (struct pretokenizer){0};
}

bool pretokenizer_apply(const struct pretokenizer *pretokenizer, struct pieces *pieces, struct err *err)
{
    return !pretokenizer->kind || pretokenizer->kind->apply(pretokenizer->state, pieces, err);
}

void pretokenizer_describe(const struct pretokenizer *pretokenizer, struct buf *out)
{
    if (!pretokenizer->kind)
        buf_puts(out, "-");
    else if (pretokenizer->kind->describe)
        pretokenizer->kind->describe(pretokenizer->state, out);
    else
        buf_puts(out, pretokenizer->kind->type);
}
