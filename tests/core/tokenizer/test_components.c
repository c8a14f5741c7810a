/* Every component with every option: ids, offsets, words, types and marks equal to the reference's. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/tokenizer/load.h"
#include "core/tokenizer/loader/loader.h"
#include "core/tokenizer/model/model.h"
#include "tests/support/scratch.h"

struct component {
    const char *name, *normalizer, *pre_tokenizer, *post_processor, *added_tokens, *model; /* JSON, NULL: none */
    const char *text;
    size_t n;             /* bytes of the text, which may hold NUL */
    const char *pair;     /* NULL: none */
    const char *expected; /* id:begin-end:word:type:special:text of every token */
};
#include "tests/core/tokenizer/reference.h"

static void write_document(const struct component *component)
{
    struct buf out = {0};
    buf_printf(&out, "{\"version\":\"1.0\",\"added_tokens\":%s", component->added_tokens ? component->added_tokens : "[]");
    buf_printf(&out, ",\"normalizer\":%s", component->normalizer ? component->normalizer : "null");
    buf_printf(&out, ",\"pre_tokenizer\":%s", component->pre_tokenizer ? component->pre_tokenizer : "null");
    buf_printf(&out, ",\"post_processor\":%s", component->post_processor ? component->post_processor : "null");
    buf_printf(&out, ",\"model\":%s}", component->model ? component->model : characters);
    scratch_write("tokenizer.json", out.data, out.n);
    buf_free(&out);
}

static void describe(const struct encoding *encoding, struct buf *out)
{
    for (size_t i = 0; i < encoding->n; i++) {
        const struct token *token = &encoding->tokens[i];
        buf_printf(out, "%s%d:%zu-%zu:%d:%d:%d:%d", i ? " " : "", token->id, token->cbegin, token->cend, token->word, token->type,
                   token->special, token->text);
    }
}

static void check(const struct component *component, struct buf *failures)
{
    struct err err = {0};
    struct encoding encoding = {0};
    struct buf got = {0};
    struct str pair = str_of(component->pair);
    write_document(component);
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    if (!tokenizer || !tokenizer_encode(tokenizer, (struct str){component->text, component->n}, component->pair ? &pair : NULL, 0,
                                        &encoding, &err))
        buf_printf(failures, "  %s: %s\n", component->name, err.message);
    else
        describe(&encoding, &got);
    if (tokenizer && strcmp(buf_cstr(&got), component->expected) != 0)
        buf_printf(failures, "  %s:\n    expected %s\n    found    %s\n", component->name, component->expected, buf_cstr(&got));
    buf_free(&got);
    encoding_free(&encoding);
    tokenizer_free(tokenizer);
}

Test(tokenizer_components, every_option_gives_the_references_tokens)
{
    struct buf failures = {0};
    size_t n = sizeof components / sizeof components[0];
    for (size_t i = 0; i < n; i++)
        check(&components[i], &failures);
    cr_expect(failures.n == 0, "of %zu rows differ:\n%s", n, buf_cstr(&failures));
    buf_free(&failures);
}

/* Whether a type is in a row of the table under `key`. */
static bool is_covered(const char *type, size_t field)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"type\": \"%s\"", type);
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
        const char *parts[] = {components[i].normalizer, components[i].pre_tokenizer, components[i].post_processor,
                               components[i].model ? components[i].model : characters};
        if (parts[field] && strstr(parts[field], quoted))
            return true;
    }
    return false;
}

/* Precompiled needs a charsmap of some size: the golden cases have it. */
Test(tokenizer_components, every_row_of_every_family_is_in_the_table)
{
    struct buf missing = {0};
    for (size_t i = 0; normalizer_kinds[i]; i++)
        if (!is_covered(normalizer_kinds[i]->type, 0) && strcmp(normalizer_kinds[i]->type, "Precompiled") != 0)
            buf_printf(&missing, " %s", normalizer_kinds[i]->type);
    for (size_t i = 0; pretokenizer_kinds[i]; i++)
        if (!is_covered(pretokenizer_kinds[i]->type, 1))
            buf_printf(&missing, " %s", pretokenizer_kinds[i]->type);
    for (size_t i = 0; postprocessor_kinds[i]; i++)
        if (!is_covered(postprocessor_kinds[i]->type, 2))
            buf_printf(&missing, " %s", postprocessor_kinds[i]->type);
    for (size_t i = 0; model_kinds[i]; i++)
        if (!is_covered(model_kinds[i]->type, 3))
            buf_printf(&missing, " %s", model_kinds[i]->type);
    cr_expect(missing.n == 0, "not in reference.py:%s", buf_cstr(&missing));
    buf_free(&missing);
}

#define UNIQUE(kinds, field)                                                                                                     \
    for (size_t i = 0; kinds[i]; i++) {                                                                                          \
        cr_expect(kinds[i]->summary &&kinds[i]->summary[0], "%s has no summary", kinds[i]->field);                               \
        for (size_t k = 0; k < i; k++)                                                                                           \
            cr_expect(strcmp(kinds[i]->field, kinds[k]->field) != 0, "two rows %s", kinds[i]->field);                            \
    }

Test(tokenizer_components, names_are_unique_and_explained)
{
    UNIQUE(normalizer_kinds, type)
    UNIQUE(pretokenizer_kinds, type)
    UNIQUE(postprocessor_kinds, type)
    UNIQUE(model_kinds, type)
    UNIQUE(loaders, name)
}
