/* BertProcessing: [CLS] A [SEP] B [SEP], types 0 and 1. */
#include "core/tokenizer/postprocessor/surround.h"

#include <string.h>

bool named_id_read(struct named_id *out, const struct build *build, const struct json *json, const char *key, struct err *err)
{
    const struct json *pair = json_get(json, key), *name = json_at(pair, 0);
    if (!json_is_string(name) || json_count(pair) != 2)
        return field_wrong(build, key, "[string, id]", err);
    return arena_str(build->arena, json_str(name, ""), &out->name, err) && field_id(build, json_at(pair, 1), key, &out->id, err);
}

bool part_surround(struct section *part, const struct named_id *front, int32_t front_type, const struct named_id *back,
                   int32_t back_type, struct err *err)
{
    for (size_t i = 0; i < part->n; i++)
        part->items[i].token.special = false;
    struct item last = item_special(back->id, back_type, back->name);
    if (!part_add(part, &last, 1, err))
        return false;
    if (!front)
        return true;
    struct item first = item_special(front->id, front_type, front->name);
    if (!part_add(part, &first, 1, err)) /* makes room */
        return false;
    memmove(part->items + 1, part->items, (part->n - 1) * sizeof *part->items);
    part->items[0] = first;
    return true;
}

struct bert {
    struct named_id cls, sep;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct bert *bert = arena_zalloc(build->arena, 1, sizeof *bert, "a post-processor", err);
    *state_out = bert;
    return bert && named_id_read(&bert->cls, build, json, "cls", err) && named_id_read(&bert->sep, build, json, "sep", err);
}

static bool apply(const void *state, struct sections *parts, bool add_special, struct err *err)
{
    const struct bert *bert = state;
    for (size_t i = 0; add_special && i < parts->n; i++)
        if (!part_surround(&parts->at[i], i ? NULL : &bert->cls, 0, &bert->sep, i > 0, err))
            return false;
    return true;
}

const struct postprocessor_kind postprocessor_bert = {
    .type = "BertProcessing",
    .summary = "[CLS] A [SEP] B [SEP]",
    .build = build,
    .apply = apply,
};
