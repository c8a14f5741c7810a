/* Generation: what keys and values that are kept give is what whole texts give, for every family; beams and greedy as the
 * reference's generate.json has them, in the folders that hold one. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
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

/* Two threads give the same bits as one. */
static void expect_bits(struct model *model, const struct encoding *prompt, struct generate_options options, const char *what)
{
    struct sequence one[MOST] = {0}, two[MOST] = {0};
    size_t n_one, n_two;
    bool cancelled;
    pool_set_threads(1);
    cr_assert(generate(model, prompt, &options, one, &n_one, &cancelled, NULL));
    pool_set_threads(2);
    cr_assert(generate(model, prompt, &options, two, &n_two, &cancelled, NULL));
    cr_expect_eq(n_one, n_two, "%s", what);
    for (size_t i = 0; i < n_one && i < n_two; i++)
        cr_expect(one[i].n == two[i].n && memcmp(one[i].ids, two[i].ids, one[i].n * sizeof *one[i].ids) == 0 &&
                      memcmp(&one[i].score, &two[i].score, sizeof one[i].score) == 0,
                  "%s: sequence %zu", what, i);
    sequences_free(one, n_one);
    sequences_free(two, n_two);
}

/* Every model of a folder that says what comes next; returns how many. */
static size_t expect_folder_same(const char *root)
{
    struct dirent **entries;
    int n = scandir(root, &entries, NULL, alphasort);
    size_t models = 0;
    cr_assert(n > 0, "%s", root);
    for (int i = 0; i < n; i++) {
        char folder[600];
        snprintf(folder, sizeof folder, "%s/%s", root, entries[i]->d_name);
        struct json *cases = load_json(folder, "cases.json");
        struct model *model = cases ? model_load(folder, NULL, NULL) : NULL;
        if (model && model_runs(model) && generate_head(model, NULL)) {
            struct encoding prompt = encoding_from(json_get(json_at(json_get(cases, "cases"), 0), "input_ids"));
            struct generate_options greedy = {.max = 6, .beams = 1};
            struct generate_options beams = {.max = 5, .beams = 3, .ends = (int32_t[]){9, 14}, .n_ends = 2};
            /* experts that fill up see one token a step, as the reference's do: not what a whole text gives */
            for (size_t threads = 1; threads <= 2 && !model->arch->expert_capacity; threads++) {
                pool_set_threads(threads);
                expect_same(model, &prompt, greedy, entries[i]->d_name);
                expect_same(model, &prompt, beams, entries[i]->d_name);
            }
            expect_bits(model, &prompt, beams, entries[i]->d_name);
            encoding_free(&prompt);
            models++;
        }
        model_free(model);
        json_free(cases);
        free(entries[i]);
    }
    free(entries);
    return models;
}

Test(generate, kept_keys_give_what_whole_texts_give_in_every_family_under_one_and_two_threads)
{
    const char *given = getenv("GAZE_GOLDEN");
    size_t models = expect_folder_same("tests/data/golden");
    cr_expect(models >= 40, "%zu models say what comes next", models);
    if (given && *given)
        fprintf(stderr, "generate: %zu given models say the same with kept keys\n", expect_folder_same(given));
    pool_free();
}

/* ---- cancelled ---- */

static void *cancel_soon(void *milliseconds)
{
    usleep(*(useconds_t *)milliseconds * 1000);
    cancel_request();
    return NULL;
}

/* What a search of so many tokens gives where nothing cancels it. */
static void expect_search(struct model *model, const struct encoding *prompt, const struct sequence *got, size_t n)
{
    struct sequence want[MOST] = {0};
    size_t n_want;
    bool cancelled;
    cr_assert(generate(model, prompt, &(struct generate_options){.max = got[0].n, .beams = 12}, want, &n_want, &cancelled, NULL));
    cr_expect_eq(n, n_want);
    for (size_t i = 0; i < n && i < n_want; i++)
        cr_expect(got[i].n == want[i].n && memcmp(got[i].ids, want[i].ids, got[i].n * sizeof *got[i].ids) == 0 &&
                      fabs(got[i].score - want[i].score) < 1e-9,
                  "sequence %zu: %g and %g", i, got[i].score, want[i].score);
    sequences_free(want, n_want);
}

/* Tried later and later, until something was there. */
Test(generate, a_cancelled_search_gives_what_a_shorter_one_gives)
{
    struct model *model = model_load("examples/models/gpt2-tiny", NULL, NULL);
    struct encoding prompt = {0};
    cr_assert(model && tokenizer_encode(model->tokenizer, STR("<|endoftext|>The ship was"), NULL, 0, &prompt, NULL));
    size_t n = 0;
    for (useconds_t wait = 5; wait < 5000 && !n; wait *= 2) {
        struct sequence out[MOST] = {0};
        pthread_t thread;
        bool cancelled;
        cr_assert_eq(pthread_create(&thread, NULL, cancel_soon, &wait), 0);
        cr_assert(generate(model, &prompt, &(struct generate_options){.max = 240, .beams = 12}, out, &n, &cancelled, NULL));
        pthread_join(thread, NULL);
        cr_assert(cancelled, "240 tokens of 12 beams came within %u ms", wait);
        cancel_clear();
        cr_expect(n == 0 || n == 12, "%zu of 12", n);
        if (n)
            expect_search(model, &prompt, out, n);
        sequences_free(out, n);
    }
    cr_expect_eq(n, 12);
    encoding_free(&prompt);
    model_free(model);
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
