/* Replace: a string or a regular expression by a string. */
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/pattern.h"

#include <stdlib.h>

struct replace {
    struct pattern pattern;
    struct str content;
};

static bool build(const struct build *build, const struct json *json, void **state_out, struct err *err)
{
    struct replace *replace = arena_zalloc(build->arena, 1, sizeof *replace, "a normalizer", err);
    *state_out = replace;
    return replace && field_str_needed(build, json, "content", &replace->content, err) &&
           pattern_build(&replace->pattern, build, json_get(json, "pattern"), err);
}

static bool apply(const void *state, struct normalized *text, struct err *err)
{
    const struct replace *replace = state;
    struct matches matches = {0};
    bool ok = pattern_find(&replace->pattern, (struct str){text->text, text->n}, &matches, err) &&
              normalized_replace(text, matches.at, matches.n, replace->content, err);
    free(matches.at);
    return ok;
}

static void release(void *state)
{
    struct replace *replace = state;
    pattern_free(&replace->pattern);
}

const struct normalizer_kind normalizer_replace = {
    .type = "Replace",
    .summary = "replaces a string or a regular expression",
    .build = build,
    .apply = apply,
    .free = release,
};
