/* TemplateProcessing: special tokens and texts in the order of a template, one for a single text, one for a pair. */
#include "core/tokenizer/postprocessor/postprocessor.h"

/* One item of a template: a text (0 or 1), or the tokens of a special token. */
struct slot {
    int text; /* -1: a special token */
    int32_t type;
    int32_t *ids;        /* [n] */
    struct str *strings; /* [n] */
    size_t n;
};
struct template
{
    struct slot *slots[2]; /* for one text, for a pair */
    size_t n[2];
};

static bool read_special(struct slot *slot, const struct build *build, const struct json *json, struct str name, struct err *err)
{
    const struct json *special = json_get_str(json_get(json, "special_tokens"), name), *ids = json_get(special, "ids"),
                      *strings = json_get(special, "tokens");
    slot->n = json_count(ids);
    if (!json_is_array(ids) || !json_is_array(strings) || json_count(strings) != slot->n)
        return err_set(err, ERR_FORMAT, "%s: %s: \"special_tokens\": expected \"%.*s\" with \"ids\" and as many \"tokens\"",
                       build->path, build->what, STR_ARGS(name));
    slot->ids = arena_alloc(build->arena, slot->n + 1, sizeof *slot->ids, "a template", err);
    slot->strings = arena_alloc(build->arena, slot->n + 1, sizeof *slot->strings, "a template", err);
    if (!slot->ids || !slot->strings)
        return false;
    for (size_t i = 0; i < slot->n; i++)
        if (!field_id(build, json_at(ids, i), "ids", &slot->ids[i], err) ||
            !arena_str(build->arena, json_str(json_at(strings, i), ""), &slot->strings[i], err))
            return false;
    return true;
}

static bool read_slot(struct slot *slot, const struct build *build, const struct json *json, const struct json *item,
                      struct err *err)
{
    const struct json *sequence = json_get(item, "Sequence"), *special = json_get(item, "SpecialToken");
    const struct json *fields = sequence ? sequence : special;
    struct str id = json_str(json_get(fields, "id"), "");
    slot->text = sequence ? (str_is(id, "A") ? 0 : str_is(id, "B") ? 1 : -2) : -1;
    if (!fields || slot->text == -2)
        return field_wrong(build, "single and pair", "items {\"Sequence\": {\"id\": \"A\" or \"B\", …}} or {\"SpecialToken\": …}",
                           err);
    return field_id(build, json_get(fields, "type_id"), "type_id", &slot->type, err) &&
           (sequence || read_special(slot, build, json, id, err));
}

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    static const char *const keys[2] = {"single", "pair"};
    struct template *template = arena_zalloc(build->arena, 1, sizeof *template, "a post-processor", err);
    *state_out = template;
    for (int pair = 0; template && pair < 2; pair++) {
        const struct json *list = json_get(json, keys[pair]);
        size_t n = json_count(list);
        if (!json_is_array(list))
            return field_wrong(build, keys[pair], "an array", err);
        template->n[pair] = n;
        template->slots[pair] = arena_zalloc(build->arena, n + 1, sizeof(struct slot), "a template", err);
        if (!template->slots[pair])
            return false;
        for (size_t i = 0; i < n; i++)
            if (!read_slot(&template->slots[pair][i], build, json, json_at(list, i), err))
                return false;
    }
    return template;
}

/* Append what a slot stands for as a part of its own. */
static bool fill(const struct slot *slot, const struct sections *texts, struct sections *out, bool add_special, struct err *err)
{
    struct section *part;
    if (slot->text < 0 && !add_special)
        return true;
    if (!parts_add(out, &part, err))
        return false;
    for (size_t i = 0; slot->text < 0 && i < slot->n; i++) {
        struct item item = item_special(slot->ids[i], slot->type, slot->strings[i]);
        if (!part_add(part, &item, 1, err))
            return false;
    }
    if (slot->text < 0)
        return true;
    if ((size_t)slot->text >= texts->n)
        return err_set(err, ERR_FORMAT, "TemplateProcessing: the template for one text asks for a second one");
    if (!part_add(part, texts->at[slot->text].items, texts->at[slot->text].n, err))
        return false;
    for (size_t i = 0; i < part->n; i++)
        part->items[i].token.type = slot->type;
    return true;
}

static bool apply(const void *state, struct sections *parts, bool add_special, struct err *err)
{
    const struct template *template = state;
    if (parts->n != 1 && parts->n != 2)
        return err_set(err, ERR_UNSUPPORTED, "TemplateProcessing behind a post-processor that already put texts together");
    int pair = parts->n == 2;
    struct sections out = {0};
    for (size_t i = 0; i < template->n[pair]; i++)
        if (!fill(&template->slots[pair][i], parts, &out, add_special, err)) {
            parts_free(&out);
            return false;
        }
    parts_free(parts);
    *parts = out;
    return true;
}

const struct postprocessor_kind postprocessor_template = {
    .type = "TemplateProcessing",
    .summary = "special tokens and texts by a template",
    .build = build,
    .apply = apply,
};
