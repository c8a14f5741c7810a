/* Scores of texts: equal to transformers', bit for bit what a text gives alone, refused where nothing follows from them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/score.h"

#define REFERENCE "tests/data/good/score/reference.tsv"

enum { MOST_TEXTS = 8, LINE = 400 };
static const double TOLERANCE = 1e-4; /* of ln p */

struct scored {
    struct model *model;
    struct arena *arena;
    struct text_score scores[MOST_TEXTS];
    struct err err;
    bool ok;
};

static struct scored score(const char *folder, enum score_kind masked, const char *const *texts, size_t n, int32_t front)
{
    struct scored s = {0};
    struct str given[MOST_TEXTS];
    size_t blamed = SIZE_MAX;
    s.model = model_load(folder, NULL, &s.err);
    s.arena = arena_new(NULL);
    cr_assert(s.model, "%s", s.err.message);
    struct score_options options = {.model = s.model, .keep = true, .front = front, .blamed = &blamed};
    options.head = score_head(s.model, masked, true, &options.kind, &s.err);
    for (size_t i = 0; i < n; i++)
        given[i] = str_of(texts[i]);
    s.ok = options.head && score_texts(&options, given, n, s.arena, s.scores, &s.err);
    return s;
}

static void done(struct scored *s)
{
    arena_free(s->arena);
    model_free(s->model);
}

/* ---- the reference ---- */

struct line {
    char model[64], kind[16];
    size_t text, index;
    double value;
};

static size_t read_reference(char texts[MOST_TEXTS][LINE], struct line *lines, size_t most)
{
    FILE *file = fopen(REFERENCE, "r");
    char line[LINE];
    size_t n = 0;
    cr_assert(file, "no %s", REFERENCE);
    while (fgets(line, sizeof line, file)) {
        size_t number;
        int at = 0;
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "text\t%zu\t%n", &number, &at) == 1 && at && number < MOST_TEXTS)
            snprintf(texts[number], LINE, "%s", line + at);
        else if (n < most && sscanf(line, "%63s %15s %zu %zu %lf", lines[n].model, lines[n].kind, &lines[n].text, &lines[n].index,
                                    &lines[n].value) == 5)
            n++;
    }
    fclose(file);
    return n;
}

/* One case: its lines from `at` on. Returns the first that is another's. */
static size_t check_case(char texts[MOST_TEXTS][LINE], const struct line *lines, size_t n, size_t at)
{
    const char *given[3] = {texts[0], texts[1], texts[2]};
    const struct line *first = &lines[at];
    bool l2r = strcmp(first->kind, "l2r") == 0;
    struct scored s = score(first->model, l2r ? SCORE_MASKED_L2R : SCORE_MASKED, given, 3, -1);
    double totals[3] = {0};
    size_t counted[3] = {0};
    cr_assert(s.ok, "%s: %s", first->model, s.err.message);
    for (; at < n && strcmp(lines[at].model, first->model) == 0 && strcmp(lines[at].kind, first->kind) == 0; at++) {
        const struct text_score *text = &s.scores[lines[at].text];
        cr_assert(lines[at].index < text->n);
        double value = text->tokens[lines[at].index].value;
        cr_expect(fabs(value - lines[at].value) <= TOLERANCE, "%s %s: token %zu of text %zu has %.9g, the reference %.9g",
                  first->model, first->kind, lines[at].index, lines[at].text, value, lines[at].value);
        totals[lines[at].text] += lines[at].value;
        counted[lines[at].text]++;
    }
    for (size_t t = 0; t < 3; t++) {
        cr_expect_eq(s.scores[t].counted, counted[t], "%s %s", first->model, first->kind);
        cr_expect(fabs(s.scores[t].total - totals[t]) <= TOLERANCE * (double)counted[t], "%s %s", first->model, first->kind);
    }
    done(&s);
    return at;
}

Test(score, every_token_of_the_reference_is_equal_to_1e_4)
{
    static char texts[MOST_TEXTS][LINE];
    static struct line lines[400];
    size_t n = read_reference(texts, lines, 400), cases = 0;
    for (size_t at = 0; at < n; cases++)
        at = check_case(texts, lines, n, at);
    cr_assert_eq(cases, 7, "%zu cases", cases);
}

/* ---- alone and together ---- */

static void same_alone(const char *folder, enum score_kind masked)
{
    /* of many lengths, so that passes and blocks are cut elsewhere when a text is alone */
    static const char *const texts[] = {"Cats sleep.", "The cats sleep on the souvenirs of a town by the sea, and nobody minds.",
                                        "No!", "He doesn't understand uncharacteristically long words",
                                        "a b c d e f g h i j k l m"};
    struct scored all = score(folder, masked, texts, 5, -1);
    cr_assert(all.ok, "%s", all.err.message);
    for (size_t t = 0; t < 5; t++) {
        struct scored one = score(folder, masked, &texts[t], 1, -1);
        cr_assert(one.ok, "%s", one.err.message);
        cr_expect_eq(memcmp(&one.scores[0].total, &all.scores[t].total, sizeof(double)), 0, "%s: text %zu: %.17g alone, %.17g",
                     folder, t, one.scores[0].total, all.scores[t].total);
        for (size_t i = 0; i < one.scores[0].n; i++) {
            double a = one.scores[0].tokens[i].value, b = all.scores[t].tokens[i].value;
            cr_expect(isnan(a) ? isnan(b) : a == b, "%s: token %zu of text %zu", folder, i, t);
        }
        done(&one);
    }
    done(&all);
}

Test(score, a_masked_text_gives_alone_what_it_gives_with_others)
{
    same_alone("examples/models/roberta-tiny", SCORE_MASKED);
    same_alone("examples/models/deberta-v3-tiny", SCORE_MASKED_L2R);
}

Test(score, a_causal_text_gives_alone_what_it_gives_with_others)
{
    same_alone("examples/models/gpt2-tiny", SCORE_MASKED);
}

/* ---- what counts ---- */

Test(score, a_token_in_front_lets_the_first_one_count)
{
    const char *text = "The cats sleep.";
    struct scored plain = score("examples/models/gpt2-tiny", SCORE_MASKED, &text, 1, -1);
    struct scored fronted = score("examples/models/gpt2-tiny", SCORE_MASKED, &text, 1, 0);
    cr_assert(plain.ok && fronted.ok);
    cr_expect_eq(plain.scores[0].counted + 1, plain.scores[0].n);
    cr_expect_eq(fronted.scores[0].counted, plain.scores[0].n);
    cr_expect_eq(fronted.scores[0].n, plain.scores[0].n + 1);
    done(&plain);
    done(&fronted);
}

Test(score, tokens_around_a_text_are_seen_and_not_counted)
{
    const char *text = "Cats!";
    struct scored s = score("examples/models/roberta-tiny", SCORE_MASKED, &text, 1, -1);
    cr_assert(s.ok, "%s", s.err.message);
    const struct text_score *score = &s.scores[0];
    cr_expect_eq(score->counted + 2, score->n);
    cr_expect(isnan(score->tokens[0].value) && isnan(score->tokens[score->n - 1].value));
    done(&s);
}

/* ---- refusals ---- */

static void refused(const char *folder, const char *text, const char *why)
{
    struct scored s = score(folder, SCORE_MASKED, &text, 1, -1);
    cr_expect(!s.ok && strstr(s.err.message, why), "%s: \"%s\" lacks \"%s\"", folder, s.err.message, why);
    done(&s);
}

Test(score, what_no_score_follows_from_is_one_error_each)
{
    refused("examples/models/switch-tiny", "a", "is an encoder-decoder");
    refused("tests/data/golden/options-electra-disc", "a", "no head over its vocabulary");
    refused("tests/data/golden/options-bert-next", "a", "has no tokenizer");
    refused("examples/models/roberta-tiny", "", "no token that counts");
    refused("examples/models/gpt2-tiny", "a", "says nothing of the first");
    refused("tests/data/nan-bert", "a", "not finite");
}

Test(score, a_cancelled_score_is_cancelled)
{
    const struct str text = STR("The cats sleep.");
    struct err err = {0};
    size_t blamed = 7;
    struct text_score out;
    struct model *model = model_load("examples/models/roberta-tiny", NULL, &err);
    struct arena *arena = arena_new(&err);
    struct score_options options = {.model = model, .front = -1, .blamed = &blamed};
    cr_assert(model && arena, "%s", err.message);
    options.head = score_head(model, SCORE_MASKED, true, &options.kind, &err);
    cancel_request();
    bool ok = score_texts(&options, &text, 1, arena, &out, &err);
    cancel_clear();
    cr_expect(!ok);
    cr_expect_eq(err.code, ERR_CANCELLED);
    cr_expect_eq(blamed, SIZE_MAX, "no text is to blame");
    arena_free(arena);
    model_free(model);
}
