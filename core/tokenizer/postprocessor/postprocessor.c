/* The family of post-processors: choosing a row, and the parts they work on. See postprocessor.h. */
#include "core/tokenizer/postprocessor/postprocessor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/utf8.h"
#include "core/tokenizer/bytelevel.h"
#include "core/tokenizer/postprocessor/list.h"
#include "core/tokenizer/unicode/unicode.h"

#define EXTERN(name) extern const struct postprocessor_kind postprocessor_##name;
POSTPROCESSORS(EXTERN)
#define ROW(name) &postprocessor_##name,
const struct postprocessor_kind *const postprocessor_kinds[] = {POSTPROCESSORS(ROW) NULL};

void parts_free(struct sections *parts)
{
    for (size_t i = 0; i < parts->n; i++)
        free(parts->at[i].items);
    free(parts->at);
    memset(parts, 0, sizeof *parts);
}

bool parts_add(struct sections *parts, struct section **out, struct err *err)
{
    if (!mem_grow((void **)&parts->at, &parts->capacity, parts->n + 1, sizeof *parts->at, "tokens", err))
        return false;
    *out = &parts->at[parts->n++];
    **out = (struct section){0};
    return true;
}

bool part_add(struct section *part, const struct item *items, size_t n, struct err *err)
{
    if (!mem_grow((void **)&part->items, &part->capacity, part->n + n, sizeof *part->items, "tokens", err))
        return false;
    if (!cancel_check(part->n, err))
        return false;
    if (n)
        memcpy(part->items + part->n, items, n * sizeof *items);
    part->n += n;
    return true;
}

struct item item_special(int32_t id, int32_t type, struct str value)
{
    return (struct item){.token = {.id = id, .type = type, .text = -1, .special = true, .word = -1}, .value = value};
}

static bool is_space(int32_t cp)
{
    return cp == BYTELEVEL_SPACE || unicode_is_space(cp);
}

void part_trim(struct section *part, bool add_prefix_space)
{
    for (size_t i = 0; i < part->n; i++) {
        struct token *token = &part->items[i].token;
        struct str value = part->items[i].value;
        size_t leading = 0, trailing = 0, characters = 0;
        for (size_t at = 0; at < value.n; characters++) {
            int32_t cp;
            at += utf8_decode(value.s + at, value.n - at, &cp);
            bool space = is_space(cp);
            leading += space && leading == characters;
            trailing = space ? trailing + 1 : 0;
        }
        if (leading) {
            if ((i == 0 || token->cbegin == 0) && add_prefix_space && leading == 1)
                leading = 0;
            token->cbegin = token->cbegin + leading < token->cend ? token->cbegin + leading : token->cend;
        }
        if (trailing && token->cend >= trailing)
            token->cend = token->cend - trailing > token->cbegin ? token->cend - trailing : token->cbegin;
    }
}

bool postprocessor_build(struct postprocessor *postprocessor, const struct build *build, const struct json *json, struct err *err)
{
    *postprocessor = (struct postprocessor){0};
    if (!json || json_is_null(json))
        return true;
    struct str type;
    if (!field_type(build, json, "post-processor", &type, err))
        return false;
    char what[64];
    struct build named = *build;
    named.what = what;
    for (size_t i = 0; postprocessor_kinds[i]; i++) {
        if (!str_is(type, postprocessor_kinds[i]->type))
            continue;
        postprocessor->kind = postprocessor_kinds[i];
        snprintf(what, sizeof what, "post-processor %s", postprocessor->kind->type);
        return postprocessor->kind->build(&named, json, &postprocessor->state, err);
    }
    return err_set(err, ERR_UNSUPPORTED, "%s: post-processor of unknown type \"%.*s\"", build->path, STR_ARGS(type));
}

bool postprocessor_apply(const struct postprocessor *postprocessor, struct sections *parts, bool add_special, struct err *err)
{
    return !postprocessor->kind || postprocessor->kind->apply(postprocessor->state, parts, add_special, err);
}

void postprocessor_describe(const struct postprocessor *postprocessor, struct buf *out)
{
    if (!postprocessor->kind)
        buf_puts(out, "-");
    else if (postprocessor->kind->describe)
        postprocessor->kind->describe(postprocessor->state, out);
    else
        buf_puts(out, postprocessor->kind->type);
}
