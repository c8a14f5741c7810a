/* The family of normalizers: choosing a row, and the calls that every row may leave out. See normalizer.h. */
#include "core/tokenizer/normalizer/normalizer.h"

#include <stdio.h>

#include "core/tokenizer/normalizer/list.h"

#define EXTERN(name) extern const struct normalizer_kind normalizer_##name;
NORMALIZERS(EXTERN)
#define ROW(name) &normalizer_##name,
const struct normalizer_kind *const normalizer_kinds[] = {NORMALIZERS(ROW) NULL};

bool normalizer_build(struct normalizer *normalizer, const struct build *build, const struct json *json, struct err *err)
{
    *normalizer = (struct normalizer){0};
    if (!json || json_is_null(json))
        return true;
    struct str type;
    if (!field_type(build, json, "normalizer", &type, err))
        return false;
    char what[64];
    struct build named = *build;
    named.what = what;
    for (size_t i = 0; normalizer_kinds[i]; i++) {
        if (!str_is(type, normalizer_kinds[i]->type))
            continue;
        normalizer->kind = normalizer_kinds[i];
        snprintf(what, sizeof what, "normalizer %s", normalizer->kind->type);
        return !normalizer->kind->build || normalizer->kind->build(&named, json, &normalizer->state, err);
    }
    return err_set(err, ERR_UNSUPPORTED, "%s: normalizer of unknown type \"%.*s\"", build->path, STR_ARGS(type));
}

void normalizer_free(struct normalizer *normalizer)
{
    if (normalizer->kind && normalizer->kind->free && normalizer->state)
        normalizer->kind->free(normalizer->state);
    *normalizer = (struct normalizer){0};
}

bool normalizer_apply(const struct normalizer *normalizer, struct normalized *text, struct err *err)
{
    return !normalizer->kind || normalizer->kind->apply(normalizer->state, text, err);
}

void normalizer_describe(const struct normalizer *normalizer, struct buf *out)
{
    if (!normalizer->kind)
        buf_puts(out, "-");
    else if (normalizer->kind->describe)
        normalizer->kind->describe(normalizer->state, out);
    else
        buf_puts(out, normalizer->kind->type);
}
