/* Generation: what keys and values that are kept give is what whole texts give, for every family; beams and greedy as the
 * reference's generate.json has them, in the folders that hold one. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/generate.h"

enum { MOST = 16 };

static struct encoding encoding_from(const struct json *ids)
{
    int32_t numbers[2048];
    struct encoding encoding = {0};
    size_t n = json_count(ids);
    cr_assert(n && n <= sizeof numbers / sizeof *numbers);
    for (size_t i = 0; i < n; i++)
        numbers[i] = (int32_t)json_number(json_at(ids, i), 0);
    cr_assert(encoding_of_ids(NULL, numbers, NULL, n, &encoding, NULL));
    return encoding;
}

static struct json *load_json(const char *folder, const char *name)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_exists(path) ? json_load(path, 0, NULL) : NULL;
}

/* ---- with and without what is kept ---- */

static void expect_same(struct model *model, const struct encoding *prompt, struct generate_options options, const char *what)
{
    struct sequence kept[MOST] = {0}, whole[MOST] = {0};
    size_t n_kept, n_whole;
    bool cancelled;
    struct err err = {0};
    cr_assert(generate(model, prompt, &options, kept, &n_kept, &cancelled, &err), "%s: %s", what, err.message);
    options.whole = true;
    cr_assert(generate(model, prompt, &options, whole, &n_whole, &cancelled, &err), "%s: %s", what, err.message);
    cr_expect_eq(n_kept, n_whole, "%s", what);
    for (size_t i = 0; i < n_kept && i < n_whole; i++) {
        cr_expect(kept[i].n == whole[i].n && memcmp(kept[i].ids, whole[i].ids, kept[i].n * sizeof *kept[i].ids) == 0,
                  "%s: sequence %zu", what, i);
        cr_expect(fabs(kept[i].score - whole[i].score) < 5e-5, "%s: sequence %zu: %g and %g", what, i, kept[i].score,
                  whole[i].score);
    }
    sequences_free(kept, n_kept);
    sequences_free(whole, n_whole);
}

Test(generate, kept_keys_give_what_whole_texts_give_in_every_family)
{
    struct dirent **entries;
    int n = scandir("tests/data/golden", &entries, NULL, alphasort);
    size_t models = 0;
    cr_assert(n > 0);
    for (int i = 0; i < n; i++) {
        char folder[600];
        snprintf(folder, sizeof folder, "tests/data/golden/%s", entries[i]->d_name);
        struct json *cases = load_json(folder, "cases.json");
        struct model *model = cases ? model_load(folder, NULL, NULL) : NULL;
        /* experts that fill up see one token a step, as the reference's do: not what a whole text gives */
        if (model && model_runs(model) && generate_head(model, NULL) && !model->arch->expert_capacity) {
            struct encoding prompt = encoding_from(json_get(json_at(json_get(cases, "cases"), 0), "input_ids"));
            expect_same(model, &prompt, (struct generate_options){.max = 6, .beams = 1}, entries[i]->d_name);
            expect_same(model, &prompt, (struct generate_options){.max = 5, .beams = 3, .ends = (int32_t[]){9, 14}, .n_ends = 2},
                        entries[i]->d_name);
            encoding_free(&prompt);
            models++;
        }
        model_free(model);
        json_free(cases);
        free(entries[i]);
    }
    free(entries);
    cr_expect(models >= 40, "%zu models say what comes next", models);
    pool_free();
}

Test(generate, a_window_and_a_draw_are_the_same_with_kept_keys)
{
    struct model *model = model_load("examples/models/gpt2-tiny", NULL, NULL);
    struct encoding prompt = {0};
    cr_assert(model && tokenizer_encode(model->tokenizer, STR("<|endoftext|>The ship was"), NULL, 0, &prompt, NULL));
    expect_same(model, &prompt, (struct generate_options){.max = 12, .beams = 1, .mask = {.rule = MASK_CAUSAL, .window = 3}},
                "window");
    expect_same(model, &prompt,
                (struct generate_options){
                    .max = 12, .beams = 1, .sample = true, .temperature = 0.8f, .top_p = 0.9f, .top_k = 50, .seed = 5},
                "draw");
    encoding_free(&prompt);
    model_free(model);
    pool_free();
}

/* ---- draws ---- */

Test(generate, draws_keep_to_top_k_and_top_p)
{
    struct model *model = model_load("examples/models/gpt2-tiny", NULL, NULL);
    struct encoding prompt = {0};
    struct sequence greedy[1] = {{0}}, drawn[1] = {{0}};
    size_t n;
    bool cancelled;
    cr_assert(model && tokenizer_encode(model->tokenizer, STR("<|endoftext|>The ship was"), NULL, 0, &prompt, NULL));
    cr_assert(generate(model, &prompt, &(struct generate_options){.max = 8, .beams = 1}, greedy, &n, &cancelled, NULL));
    for (int by = 0; by < 2; by++) { /* one candidate is left: the most probable */
        struct generate_options options = {
            .max = 8, .beams = 1, .sample = true, .temperature = 5, .top_k = by ? 0 : 1, .top_p = by ? 1e-6f : 1, .seed = 11};
        cr_assert(generate(model, &prompt, &options, drawn, &n, &cancelled, NULL));
        cr_expect(memcmp(greedy->ids, drawn->ids, 8 * sizeof *greedy->ids) == 0, "%s", by ? "top_p" : "top_k");
        sequences_free(drawn, 1);
    }
    sequences_free(greedy, 1);
    encoding_free(&prompt);
    model_free(model);
    pool_free();
}

/* ---- beside the reference ---- */

static size_t check_run(struct model *model, const struct json *cases, const struct json *run, const char *where)
{
    const struct json *text = json_at(json_get(cases, "cases"), (size_t)json_number(json_get(run, "text"), 0));
    const struct json *want = json_get(run, "sequences");
    struct encoding prompt = encoding_from(json_get(text, "input_ids"));
    int32_t end = (int32_t)json_number(json_get(run, "eos_token_id"), -1);
    struct generate_options options = {.max = (size_t)json_number(json_get(run, "max_new_tokens"), 1),
                                       .beams = (size_t)json_number(json_get(run, "beams"), 1),
                                       .ends = &end,
                                       .n_ends = end >= 0};
    struct sequence out[MOST] = {0};
    size_t n;
    bool cancelled;
    struct err err = {0};
    cr_assert(generate(model, &prompt, &options, out, &n, &cancelled, &err), "%s: %s", where, err.message);
    cr_expect_eq(n, json_count(want), "%s: %zu sequences", where, n);
    for (size_t i = 0; i < n; i++) {
        const struct json *ids = json_get(json_at(want, i), "ids");
        bool same = out[i].n == json_count(ids);
        for (size_t j = 0; same && j < out[i].n; j++)
            same = out[i].ids[j] == (int32_t)json_number(json_at(ids, j), -1);
        cr_expect(same, "%s: sequence %zu", where, i);
        cr_expect(fabs(out[i].score - json_number(json_get(json_at(want, i), "score"), 0)) < 5e-5, "%s: score %zu", where, i);
    }
    sequences_free(out, n);
    encoding_free(&prompt);
    return n;
}

Test(generate, given_cases_equal_the_reference)
{
    const char *root = getenv("GAZE_GOLDEN");
    struct dirent **entries;
    int n = root && *root ? scandir(root, &entries, NULL, alphasort) : 0;
    cr_assert(n >= 0, "%s cannot be opened", root);
    size_t sequences = 0;
    for (int i = 0; i < n; i++) {
        char folder[600];
        snprintf(folder, sizeof folder, "%s/%s", root, entries[i]->d_name);
        struct json *wanted = load_json(folder, "generate.json"), *cases = load_json(folder, "cases.json");
        struct model *model = wanted && cases ? model_load(folder, NULL, NULL) : NULL;
        cr_expect(!wanted || model, "%s does not load", folder);
        for (size_t r = 0; model && r < json_count(json_get(wanted, "runs")); r++)
            sequences += check_run(model, cases, json_at(json_get(wanted, "runs"), r), entries[i]->d_name);
        model_free(model);
        json_free(wanted);
        json_free(cases);
        free(entries[i]);
    }
    if (n)
        free(entries);
    fprintf(stderr, root ? "generate: %zu sequences as the reference\n" : "GAZE_GOLDEN: not given\n", sequences);
    pool_free();
}
