/* Metaspace: spaces become ▁, which begins a word (Kudo 2018, SentencePiece). */
#include "core/tokenizer/pretokenizer/pretokenizer.h"

#include <stdlib.h>

typedef bool needs_prefix(const struct normalized *text);

struct metaspace {
    struct str replacement;
    struct pattern space, mark;
    needs_prefix *prefix;
    bool split;
};

static bool always(const struct normalized *text)
{
    (void)text;
    return true;
}

/* Only in front of the piece that stands at the very beginning of the raw text. */
static bool first(const struct normalized *text)
{
    return text->begin == 0;
}

static bool never(const struct normalized *text)
{
    (void)text;
    return false;
}

static const struct {
    const char *name;
    needs_prefix *prefix;
} schemes[] = {{"always", always}, {"first", first}, {"never", never}};

/* prepend_scheme, and the older add_prefix_space: false, which must not contradict it. */
static bool read_scheme(const struct build *build, const struct json *json, needs_prefix **out, struct err *err)
{
    struct str name = {0};
    bool prefix = true;
    if (!field_str(build, json, "prepend_scheme", &name, err) || !field_bool(build, json, "add_prefix_space", &prefix, err))
        return false;
    *out = name.s ? NULL : prefix ? always : never;
    for (size_t i = 0; name.s && i < sizeof schemes / sizeof schemes[0]; i++)
        if (str_is(name, schemes[i].name))
            *out = schemes[i].prefix;
    if (!*out)
        return field_wrong(build, "prepend_scheme", "always, first or never", err);
    return prefix || *out == never || field_wrong(build, "add_prefix_space", "no contradiction to prepend_scheme", err);
}

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct metaspace *metaspace = arena_zalloc(build->arena, 1, sizeof *metaspace, "a pre-tokenizer", err);
    *state_out = metaspace;
    if (!metaspace)
        return false;
    metaspace->split = true;
    if (!field_char_needed(build, json, "replacement", &metaspace->replacement, err) ||
        !field_bool(build, json, "split", &metaspace->split, err) || !read_scheme(build, json, &metaspace->prefix, err))
        return false;
    metaspace->space.literal = STR(" ");
    metaspace->mark.literal = metaspace->replacement;
    build->style->space = metaspace->replacement;
    return true;
}

static bool mark_spaces(const void *context, struct normalized *text, struct err *err)
{
    const struct metaspace *metaspace = context;
    struct matches matches = {0};
    bool ok = pattern_find(&metaspace->space, (struct str){text->text, text->n}, &matches, err) &&
              normalized_replace(text, matches.at, matches.n, metaspace->replacement, err);
    free(matches.at);
    if (!ok)
        return false;
    struct str now = {text->text, text->n};
    if (!text->n || str_starts(now, metaspace->replacement) || !metaspace->prefix(text))
        return true;
    return normalized_prepend(text, metaspace->replacement, err);
}

static bool apply(const void *state, struct pieces *pieces, struct err *err)
{
    const struct metaspace *metaspace = state;
    return pieces_change(pieces, mark_spaces, metaspace, err) &&
           (!metaspace->split || pieces_split_at(pieces, &metaspace->mark, behaviour_merged_with_next, err));
}

const struct pretokenizer_kind pretokenizer_metaspace = {
    .type = "Metaspace",
    .summary = "writes spaces as a mark and cuts in front of it",
    .build = build,
    .apply = apply,
};
