/* Every text of the golden cases, tokenised: equal to transformers and tokenizers in every number.
 *
 * Cases are read from tests/data/golden and, where it is set, from $GAZE_GOLDEN. A folder whose tokenizer gaze refuses as
 * unsupported (its format, its class) waits: it is named and counted, and once it is read it is checked without an edit
 * here. Each root has its own least numbers, so that what was read once cannot fall back among those that wait. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/model.h"
#include "core/tokenizer/load.h"

struct tally {
    size_t folders, texts, waiting;
    struct buf failures, names; /* what differs; who waits */
};

static void fail(struct tally *tally, const char *folder, size_t number, const char *what)
{
    buf_printf(&tally->failures, "  %s, text %zu: %s\n", folder, number, what);
}

static bool equal_sizes(const struct json *pair, size_t a, size_t b)
{
    return json_number(json_at(pair, 0), -1) == (double)a && json_number(json_at(pair, 1), -1) == (double)b;
}

/* The name of the first number in which a token differs from the reference's, or NULL. */
static const char *difference(const struct json *want, size_t i, const struct token *token)
{
    const struct json *text = json_at(json_get(want, "sequence_ids"), i);
    if (json_number(json_at(json_get(want, "input_ids"), i), -1) != token->id)
        return "input_ids";
    if (!str_eq(json_str(json_at(json_get(want, "tokens"), i), ""), token->string))
        return "tokens";
    if (json_number(json_at(json_get(want, "token_type_ids"), i), -1) != token->type)
        return "token_type_ids";
    if (json_number(json_at(json_get(want, "special_tokens_mask"), i), -1) != token->special)
        return "special_tokens_mask";
    if ((json_is_null(text) ? -1 : (int)json_number(text, -2)) != token->text)
        return "sequence_ids";
    if (!equal_sizes(json_at(json_get(want, "offsets"), i), token->cbegin, token->cend))
        return "offsets";
    if (!equal_sizes(json_at(json_get(want, "byte_offsets"), i), token->begin, token->end))
        return "byte_offsets";
    return NULL;
}

static void check_text(struct tally *tally, const char *folder, size_t number, const struct tokenizer *tokenizer,
                       const struct json *want)
{
    struct str first = json_str(json_get(want, "text"), ""), second = json_str(json_get(want, "pair"), "");
    bool pair = json_is_string(json_get(want, "pair"));
    struct encoding encoding = {0};
    struct err err = {0};
    tally->texts++;
    if (!tokenizer_encode(tokenizer, first, pair ? &second : NULL, 0, &encoding, &err)) {
        fail(tally, folder, number, err.message);
        return;
    }
    const char *what = encoding.n == json_count(json_get(want, "input_ids")) ? NULL : "the number of tokens";
    for (size_t i = 0; !what && i < encoding.n; i++)
        what = difference(want, i, &encoding.tokens[i]);
    if (what)
        fail(tally, folder, number, what);
    encoding_free(&encoding);
}

/* The tokenizer of a folder, or of the one file that its cases are for. */
static struct tokenizer *load_tokenizer(const char *folder, const struct json *cases, struct model **model_out, struct err *err)
{
    struct str file = json_str(json_get(cases, "load"), "");
    *model_out = NULL;
    if (!file.n)
        return tokenizer_load(folder, err);
    char *name = mem_copy_str(file, err), *path = name ? path_join(folder, name, err) : NULL;
    *model_out = path ? model_load(path, NULL, err) : NULL;
    free(path);
    free(name);
    return *model_out ? (*model_out)->tokenizer : NULL;
}

static void check_folder(struct tally *tally, const char *folder, const char *cases_path)
{
    struct err err = {0};
    struct json *cases = json_load(cases_path, 0, &err);
    if (!cases) {
        fail(tally, folder, 0, err.message);
        return;
    }
    const struct json *list = json_get(cases, "cases");
    struct model *model;
    struct tokenizer *tokenizer = load_tokenizer(folder, cases, &model, &err);
    if (tokenizer) {
        tally->folders++;
        for (size_t i = 0; i < json_count(list); i++)
            check_text(tally, folder, i, tokenizer, json_at(list, i));
    } else if (err.code == ERR_UNSUPPORTED) {
        const char *slash = strrchr(folder, '/');
        buf_printf(&tally->names, " %s", slash ? slash + 1 : folder);
        tally->waiting++;
    } else if (err.code != ERR_NOT_FOUND) { /* some cases are fed with ids alone */
        fail(tally, folder, 0, err.message);
    }
    if (model)
        model_free(model);
    else
        tokenizer_free(tokenizer);
    json_free(cases);
}

static void walk(struct tally *tally, const char *root)
{
    struct dirent **entries;
    int n = scandir(root, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char *folder = path_join(root, entries[i]->d_name, NULL), *cases = path_join(folder, "cases.json", NULL);
        if (entries[i]->d_name[0] != '.' && file_is_folder(folder)) {
            if (file_exists(cases))
                check_folder(tally, folder, cases);
            else
                walk(tally, folder);
        }
        free(cases);
        free(folder);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void check_root(const char *root, size_t folders, size_t texts)
{
    struct tally tally = {0};
    walk(&tally, root);
    printf("tokenizers, %s: %zu folders, %zu texts; %zu folders wait to be read:%s\n", root, tally.folders, tally.texts,
           tally.waiting, tally.waiting ? buf_cstr(&tally.names) : " none");
    cr_expect(tally.failures.n == 0, "differences from the reference:\n%s", buf_cstr(&tally.failures));
    cr_expect(tally.folders >= folders, "%s: %zu folders ran, %zu are expected", root, tally.folders, folders);
    cr_expect(tally.texts >= texts, "%s: %zu texts ran, %zu are expected", root, tally.texts, texts);
    buf_free(&tally.failures);
    buf_free(&tally.names);
}

Test(tokenizer_golden, every_committed_text_is_tokenised_as_the_reference_does)
{
    check_root("tests/data/golden", 34, 636);
}

Test(tokenizer_golden, every_given_text_is_tokenised_as_the_reference_does)
{
    const char *root = getenv("GAZE_GOLDEN");
    if (!root || !*root) {
        puts("tokenizers: GAZE_GOLDEN not given");
        return;
    }
    check_root(root, 112, 1148);
}
