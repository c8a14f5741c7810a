/* Questions to word vectors: gensim's answers on the same vectors, bounds that never leave out an answer, sets of questions. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/pool.h"
#include "core/embed/eval/eval.h"
#include "core/embed/load.h"
#include "core/embed/query/lanes.h"
#include "core/embed/query/query.h"
#include "core/embed/query/sketch.h"
#include "core/embed/summary.h"
#include "tests/core/embed/reference_questions.h"
#include "tests/support/scratch.h"

#define FOLDER "tests/data/good/vectors/"

static struct vectors *load(void)
{
    struct err err = {0};
    struct vectors *v = vectors_load(FOLDER "gensim.bin", NULL, &err);
    cr_assert(v, "%s", err.message);
    return v;
}

/* "+king -man +woman" */
static size_t read_terms(const char *text, struct query_term *terms)
{
    size_t n = 0;
    for (const char *s = text; *s; n++) {
        size_t length = strcspn(s, " ");
        terms[n] = (struct query_term){.word = {s + 1, length - 1}, .negative = *s == '-'};
        s += length + (s[length] == ' ');
    }
    return n;
}

static void check_question(struct vectors *v, const struct question_case *c, struct buf *failures)
{
    struct err err = {0};
    struct query_term terms[8];
    struct hit hits[10];
    struct arena *arena = arena_new(&err);
    size_t n = read_terms(c->terms, terms), unknown, found = 0;
    if (!query_resolve(v, terms, n, c->fold, arena, &unknown, &err) ||
        !query_best(v, query_method_named(str_of(c->method)), terms, n, false, 10, hits, &found, &err))
        buf_printf(failures, "  %s %s: %s\n", c->method, c->terms, err.message);
    for (size_t i = 0; i < c->n && !err.code; i++) {
        bool near = i < found && fabs((double)hits[i].score - c->hits[i].score) <= 1e-5;
        bool tied = i + 1 < c->n && fabs(c->hits[i].score - c->hits[i + 1].score) < 1e-6;
        bool tied_before = i && fabs(c->hits[i].score - c->hits[i - 1].score) < 1e-6;
        if (!near || (!tied && !tied_before && !str_is(v->words[hits[i].word], c->hits[i].word)))
            buf_printf(failures, "  %s %s: answer %zu is %.*s %.7f, not %s %.7f\n", c->method, c->terms, i + 1,
                       STR_ARGS(v->words[hits[i].word]), (double)hits[i].score, c->hits[i].word, c->hits[i].score);
    }
    arena_free(arena);
}

Test(embed_query, the_ten_best_are_gensims_to_a_hundred_thousandth)
{
    struct buf failures = {0};
    struct vectors *v = load();
    for (size_t i = 0; i < sizeof question_cases / sizeof *question_cases; i++)
        check_question(v, &question_cases[i], &failures);
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
    vectors_free(v);
}

Test(embed_query, the_odd_word_is_gensims)
{
    struct err err = {0};
    struct query_term terms[] = {{.word = STR("he")}, {.word = STR("she")}, {.word = STR("him")}, {.word = STR("her")}};
    enum { N = sizeof terms / sizeof *terms };
    float cosines[N];
    size_t unknown;
    struct vectors *v = load();
    struct arena *arena = arena_new(&err);
    cr_assert(query_resolve(v, terms, N, false, arena, &unknown, &err), "%s", err.message);
    query_centrality(v, terms, N, cosines);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < sizeof centrality / sizeof *centrality; k++)
            if (str_is(terms[i].word, centrality[k].word))
                cr_expect_float_eq(cosines[i], centrality[k].score, 1e-5f, "%s", centrality[k].word);
    arena_free(arena);
    vectors_free(v);
}

Test(embed_query, case_folds_to_the_most_frequent_form_only_where_the_exact_word_is_absent)
{
    struct vectors *v = load();
    size_t his = vectors_find(v, STR("his"), false), upper = vectors_find(v, STR("HIS"), false);
    cr_assert(his != VECTORS_NONE && upper != VECTORS_NONE && upper < his);
    cr_expect_eq(vectors_find(v, STR("his"), true), his, "the exact word comes first");
    cr_expect_eq(vectors_find(v, STR("His"), true), upper, "of colliding words the first");
    cr_expect_eq(vectors_find(v, STR("His"), false), VECTORS_NONE);
    cr_expect_eq(vectors_find(v, STR("STRAßE"), true), vectors_find(v, STR("Straße"), false), "ß is SS, as Python has it");
    vectors_free(v);
}

Test(embed_query, an_unknown_word_is_named)
{
    struct err err = {0};
    size_t unknown;
    struct query_term terms[] = {{.word = STR("the")}, {.word = STR("nosuchword")}};
    struct vectors *v = load();
    struct arena *arena = arena_new(&err);
    cr_expect_not(query_resolve(v, terms, 2, true, arena, &unknown, &err));
    cr_expect_eq(err.code, ERR_NOT_FOUND);
    cr_expect_eq(unknown, 1);
    cr_expect(strstr(err.message, "nosuchword"), "%s", err.message);
    arena_free(arena);
    vectors_free(v);
}

/* ---- a set of random vectors, with rows of zeros, of NaN, and twice the same ---- */

enum { V = 5000, E = 37 };

static struct vectors *random_set(void)
{
    struct err err = {0};
    unsigned long long state = 11;
    struct vectors *v = vectors_new("random", "", &err);
    cr_assert(v);
    struct str *words = arena_alloc(v->arena, V, sizeof *words, "words", &err);
    float *data = arena_alloc(v->arena, V * E, sizeof *data, "vectors", &err);
    for (size_t i = 0; i < V; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%zu", i);
        cr_assert(arena_str(v->arena, str_of(word), &words[i], &err));
        for (size_t d = 0; d < E; d++)
            data[i * E + d] = ((float)draw(&state, 20001) / 10000 - 1) * (i % 7 ? 1 : 30);
        if (i % 500 == 3)
            memset(data + i * E, 0, E * sizeof *data);
        if (i % 500 == 4)
            memcpy(data + i * E, data + (i - 4) * E, E * sizeof *data);
    }
    data[77 * E + 5] = NAN;
    data[78 * E + 5] = INFINITY;
    v->V = V;
    v->E = E;
    v->words = words;
    v->data = data;
    v->dtype = &DTYPE_F32;
    v->stride = E * sizeof *data;
    cr_assert(vectors_finish(v, &err), "%s", err.message);
    return v;
}

static int best_first(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->word > y->word) - (x->word < y->word);
}

/* Every row computed, without bounds. */
static size_t all_rows(const struct vectors *v, const struct query_method *method, const struct query_term *terms, size_t n,
                       struct hit *out)
{
    float directions[8 * E], unit[E];
    size_t count = method->directions(terms, n, E, directions), hits = 0;
    double constant = method->constant ? method->constant(terms, n, E) : 0;
    for (size_t i = 0; i < V; i++) {
        double dots[8];
        bool input = false;
        for (size_t t = 0; t < n; t++)
            input = input || terms[t].row == i;
        if (input || !sketch_unit(v, i, unit) || v->sketch->norms[i] == 0)
            continue;
        for (size_t p = 0; p < count; p++)
            dots[p] = dot_exact(unit, directions + p * E, E);
        out[hits++] = (struct hit){i, (float)method->score(terms, n, dots, constant)};
    }
    qsort(out, hits, sizeof *out, best_first);
    return hits;
}

Test(embed_query, no_answer_is_lost_to_a_bound_and_threads_change_none)
{
    static const char *const questions[] = {"+w0", "+w9 -w8 +w7", "+w100 -w1004 +w2000", "+w13 -w5 +w6", "+w10 +w20 +w30"};
    struct err err = {0};
    struct vectors *v = random_set();
    struct hit *wanted = mem_new(V, sizeof *wanted, "hits", &err), *found = mem_new(V, sizeof *found, "hits", &err);
    for (size_t m = 0; query_methods[m]; m++)
        for (size_t q = 0; q < sizeof questions / sizeof *questions; q++)
            for (size_t k = 1; k <= 400; k *= 20) {
                struct query_term terms[8];
                struct arena *arena = arena_new(&err);
                size_t n = read_terms(questions[q], terms), unknown, got;
                if (query_methods[m]->pair && (n != 3 || !terms[1].negative)) {
                    arena_free(arena);
                    continue;
                }
                cr_assert(query_resolve(v, terms, n, false, arena, &unknown, &err), "%s", err.message);
                all_rows(v, query_methods[m], terms, n, wanted);
                for (size_t threads = 1; threads <= 3; threads += 2) {
                    pool_set_threads(threads);
                    cr_assert(query_best(v, query_methods[m], terms, n, false, k, found, &got, &err), "%s", err.message);
                    cr_assert_eq(got, k);
                    for (size_t i = 0; i < k; i++)
                        cr_assert(fabsf(found[i].score - wanted[i].score) <= 2e-6f * fmaxf(1, fabsf(wanted[i].score)),
                                  "%s %s: answer %zu of %zu is %.9g, not %.9g", query_methods[m]->name, questions[q], i, k,
                                  (double)found[i].score, (double)wanted[i].score);
                }
                arena_free(arena);
            }
    cr_expect_eq(v->sketch->strange, 2);
    cr_expect(v->note && strstr(v->note, "2 words have NaN or infinite numbers, first word 78"), "%s", v->note);
    free(wanted);
    free(found);
    vectors_free(v);
}

Test(embed_query, pairdirection_wants_a_pair_and_a_third)
{
    struct err err = {0};
    struct query_term terms[] = {{.word = STR("he")}, {.word = STR("she")}};
    struct vectors *v = load();
    struct arena *arena = arena_new(&err);
    struct hit hit;
    size_t n, unknown;
    cr_assert(query_resolve(v, terms, 2, false, arena, &unknown, &err));
    cr_expect_not(query_best(v, query_method_named(STR("pairdirection")), terms, 2, false, 1, &hit, &n, &err));
    cr_expect(strstr(err.message, "A - B + C"), "%s", err.message);
    terms[0].negative = terms[1].negative = true;
    cr_expect_not(query_best(v, query_methods[0], terms, 2, false, 1, &hit, &n, &err));
    arena_free(arena);
    vectors_free(v);
}

Test(embed_query, inner_loops_agree)
{
    const struct lanes *fast = lanes_best(), *plain = lanes_table[SIMD_PLAIN];
    enum { W = 48, N = 33 };
    unsigned long long state = 3;
    for (size_t round = 0; round < 200; round++) {
        float row[W], scale = powf(10, (float)draw(&state, 60) - 30), step[2], error[2], dots[2][N], most[2], out[2][W];
        double norm[2];
        int8_t codes[2][W], many[N * W];
        int16_t probe[W];
        for (size_t d = 0; d < W; d++) {
            row[d] = ((float)draw(&state, 20001) / 10000 - 1) * scale;
            probe[d] = (int16_t)((int)draw(&state, 65535) - 32767);
        }
        for (size_t d = 0; d < N * W; d++)
            many[d] = (int8_t)((int)draw(&state, 255) - 127);
        fast->quantise(row, W, codes[0], &step[0], &error[0], &norm[0]);
        plain->quantise(row, W, codes[1], &step[1], &error[1], &norm[1]);
        cr_expect(fabs(norm[0] - norm[1]) <= 1e-6 * norm[1] && fabsf(step[0] - step[1]) <= 1e-6f, "norm %g %g", norm[0], norm[1]);
        for (size_t k = 0; k < 2; k++) { /* the bound holds */
            double left = 0;
            for (size_t d = 0; d < W; d++) {
                double rest = (double)row[d] / norm[k] - (double)codes[k][d] * (double)step[k];
                left += rest * rest;
            }
            cr_expect(sqrt(left) <= (double)error[k], "%g > %g", sqrt(left), (double)error[k]);
        }
        fast->dots8(many, W, N, probe, dots[0]);
        plain->dots8(many, W, N, probe, dots[1]);
        cr_expect_eq(memcmp(dots[0], dots[1], sizeof dots[0]), 0);
        for (size_t d = 0; d < W; d++)
            row[d] /= scale;
        most[0] = fast->add(row, row + 16, row + 32, 16, out[0]);
        most[1] = plain->add(row, row + 16, row + 32, 16, out[1]);
        cr_expect(most[0] == most[1] && memcmp(out[0], out[1], 16 * sizeof(float)) == 0);
        most[0] = fast->multiply(row, row + 16, row + 32, 16, out[0]);
        most[1] = plain->multiply(row, row + 16, row + 32, 16, out[1]);
        cr_expect(fabsf(most[0] - most[1]) <= 1e-5f * fabsf(most[1]) + 1e-6f);
    }
}

/* ---- sets of questions ---- */

/* Of gensim.bin as numpy has them (float64): norms and the mean of U·Uᵀ without its diagonal. */
Test(embed_query, a_summary_has_numpys_lengths_and_mean_cosine)
{
    struct err err = {0};
    struct vectors_summary s;
    struct vectors *v = load();
    cr_assert(vectors_summarise(v, &s, &err), "%s", err.message);
    cr_expect(s.counted == v->V && s.zeros == 0 && s.strange == 0);
    cr_expect(fabs(s.least - 1.323657848) < 1e-6 && str_is(v->words[s.shortest], "saw"), "%.9g", s.least);
    cr_expect(fabs(s.most - 2.069187654) < 1e-6 && str_is(v->words[s.longest], "The"), "%.9g", s.most);
    cr_expect(fabs(s.mean - 1.563971753) < 1e-6, "%.9g", s.mean);
    cr_expect(fabs(s.cosine - 0.936140170) < 1e-6, "%.9g", s.cosine);
    vectors_free(v);
}

/* Cosines in double by hand: b is a's direction, c is perpendicular to it, d has none. */
Test(embed_query, the_largest_and_smallest_floats_have_directions_and_zeros_have_none)
{
    static const char text[] = "a 3e38 3e38 3e38 0\nb 1 1 1 0\nc 0 0 0 1e-40\nd 0 0 0 0\ne -3e38 3e38 0 3e38\n";
    struct err err = {0};
    struct hit hits[5];
    size_t n, unknown;
    struct arena *arena = arena_new(&err);
    scratch_write("large.txt", text, sizeof text - 1);
    struct vectors *v = vectors_load(scratch_path("large.txt"), NULL, &err);
    struct query_term a = {.word = STR("a")}, d = {.word = STR("d")}, both[] = {{.word = STR("b")}, {.word = STR("a"), .negative = true}};
    cr_assert(v && query_resolve(v, &a, 1, false, arena, &unknown, &err), "%s", err.message);
    cr_assert(query_best(v, query_methods[0], &a, 1, false, 5, hits, &n, &err), "%s", err.message);
    cr_expect(n == 3 && hits[0].word == 1 && fabsf(hits[0].score - 1) < 1e-6f, "%zu answers, %zu: %g", n, hits[0].word, (double)hits[0].score);
    cr_expect(hits[1].word == 2 && hits[2].word == 4 && fabsf(hits[2].score) < 1e-6f);
    cr_expect_not(query_resolve(v, &d, 1, false, arena, &unknown, &err));
    cr_expect(unknown == 0 && strstr(err.message, "no direction"), "%s", err.message);
    cr_assert(query_resolve(v, both, 2, false, arena, &unknown, &err));
    for (size_t m = 0; query_methods[m]; m++)
        if (!query_methods[m]->pair && strcmp(query_methods[m]->name, "3cosmul") != 0)
            cr_expect(!query_best(v, query_methods[m], both, 2, false, 5, hits, &n, &err) && strstr(err.message, "cancel"), "%s", err.message);
    arena_free(arena);
    vectors_free(v);
}

Test(embed_query, a_summary_counts_words_without_a_direction)
{
    struct err err = {0};
    struct vectors_summary s;
    scratch_write("odd.txt", "a 0 0\nb nan 1\nc 3 4\n", 20);
    struct vectors *v = vectors_load(scratch_path("odd.txt"), NULL, &err);
    cr_assert(v && vectors_summarise(v, &s, &err), "%s", err.message);
    cr_expect(s.counted == 1 && s.zeros == 1 && s.strange == 1 && s.least == 5 && s.most == 5 && isnan(s.cosine));
    vectors_free(v);
}

Test(embed_eval, analogies_count_as_gensims)
{
    struct err err = {0};
    struct vectors *v = load();
    struct eval_set set;
    cr_assert(eval_read(FOLDER "analogies.txt", &set, &err), "%s", err.message);
    cr_assert_eq(set.kind, EVAL_ANALOGIES);
    cr_assert_eq(set.n_sections, 4);
    struct eval_answer *answers = mem_new(set.n, sizeof *answers, "answers", &err);
    for (size_t c = 0; c < sizeof eval_cases / sizeof *eval_cases; c++) {
        struct eval_options options = {.restrict_words = eval_cases[c].restrict_words, .fold = eval_cases[c].fold};
        cr_assert(eval_answer_all(v, &set, &options, answers, &err), "%s", err.message);
        for (size_t s = 0; s < set.n_sections; s++) {
            size_t correct = 0, total = 0;
            for (size_t q = set.sections[s].first; q < set.sections[s].first + set.sections[s].n; q++) {
                total += !answers[q].skipped;
                correct += answers[q].correct[0];
            }
            cr_expect(str_is(set.sections[s].name, eval_cases[c].sections[s].name) && total == eval_cases[c].sections[s].total &&
                          correct == eval_cases[c].sections[s].correct,
                      "case %zu, %s: %zu of %zu, not %zu of %zu", c, eval_cases[c].sections[s].name, correct, total,
                      eval_cases[c].sections[s].correct, eval_cases[c].sections[s].total);
        }
    }
    free(answers);
    eval_set_free(&set);
    vectors_free(v);
}

Test(embed_eval, sets_are_answered_as_single_questions_are)
{
    struct err err = {0};
    struct vectors *v = load();
    struct eval_set set;
    cr_assert(eval_read(FOLDER "analogies.txt", &set, &err), "%s", err.message);
    struct eval_answer *answers = mem_new(set.n, sizeof *answers, "answers", &err);
    struct eval_options options = {0};
    cr_assert(eval_answer_all(v, &set, &options, answers, &err), "%s", err.message);
    size_t compared = 0;
    for (size_t q = 0; q < set.n; q++) {
        const struct eval_question *question = &set.questions[q];
        struct query_term terms[] = {{.word = question->b}, {.word = question->a, .negative = true}, {.word = question->c}};
        struct arena *arena = arena_new(&err);
        struct hit hit;
        size_t n, unknown;
        for (size_t m = 0; m < EVAL_METHODS && !answers[q].skipped; m++, compared++) {
            cr_assert(query_resolve(v, terms, 3, false, arena, &unknown, &err), "%s", err.message);
            cr_assert(query_best(v, query_method_named(str_of(eval_methods[m])), terms, 3, false, 1, &hit, &n, &err));
            cr_expect(fabsf(hit.score - answers[q].score[m]) <= 2e-6f * fmaxf(1, hit.score), "%s, line %zu: %.8g, alone %.8g",
                      eval_methods[m], question->line, (double)answers[q].score[m], (double)hit.score);
        }
        arena_free(arena);
    }
    cr_expect_gt(compared, 150);
    free(answers);
    eval_set_free(&set);
    vectors_free(v);
}

Test(embed_eval, similarities_correlate_as_gensims)
{
    struct err err = {0};
    struct vectors *v = load();
    struct eval_set set;
    cr_assert(eval_read(FOLDER "pairs.tsv", &set, &err), "%s", err.message);
    cr_assert_eq(set.kind, EVAL_PAIRS);
    cr_assert_eq(set.n, 51);
    struct eval_answer answers[51];
    for (size_t c = 0; c < sizeof pair_cases / sizeof *pair_cases; c++) {
        struct eval_options options = {.restrict_words = 300000, .fold = pair_cases[c].fold};
        size_t skipped = 0;
        cr_assert(eval_answer_all(v, &set, &options, answers, &err), "%s", err.message);
        for (size_t q = 0; q < set.n; q++)
            skipped += answers[q].skipped;
        cr_expect_eq(skipped, pair_cases[c].skipped);
        cr_expect_float_eq(eval_spearman(&set, answers, &err), pair_cases[c].spearman, 1e-6);
    }
    eval_set_free(&set);
    vectors_free(v);
}

/* A transformer's vocabulary: "Ġking" begins a word, "king" goes on with one and is the more frequent piece. */
Test(embed_eval, words_with_a_mark_before_them_are_found_and_stand_for_their_form)
{
    static const char text[] = "king 0 0 1\nqueen 0 1 0\n\304\240king 1 1 0\n\304\240man 1 0 0\n\304\240woman 1 0 1\n"
                               "\304\240queen 1 1 1\n\304\240KING 5 0 0\n";
    struct err err = {0};
    struct eval_set set;
    struct eval_answer answers[1];
    scratch_write("marked.txt", text, sizeof text - 1);
    scratch_write("set.txt", ": one\nman king woman queen\n", 27);
    struct vectors *v = vectors_load(scratch_path("marked.txt"), NULL, &err);
    cr_assert(v, "%s", err.message);
    cr_expect_eq(vectors_find(v, STR("WOMAN"), true), VECTORS_NONE);
    v->marks = "\304\240|\342\226\201";
    cr_expect_eq(vectors_find(v, STR("WOMAN"), true), 4);
    cr_expect_eq(vectors_find(v, STR("WOMAN"), false), VECTORS_NONE);
    for (int fold = 0; fold < 2; fold++) {
        struct eval_options options = {.fold = fold};
        cr_assert(eval_read(scratch_path("set.txt"), &set, &err) && eval_answer_all(v, &set, &options, answers, &err), "%s",
                  err.message);
        cr_expect(!answers[0].skipped && answers[0].row[0] == 5 && answers[0].correct[0], "fold %d: answer %zu", fold,
                  answers[0].row[0]);
        eval_set_free(&set);
    }
    vectors_free(v);
}

Test(embed_eval, tables_of_other_kinds_are_read)
{
    static const struct {
        const char *text;
        size_t n;
        enum eval_kind kind;
        const char *error;
    } cases[] = {
        {"word1,word2,score\nking,queen,8.5\ncat,dog,7\n", 2, EVAL_PAIRS, NULL},
        {"king queen 8.5\n", 1, EVAL_PAIRS, NULL},
        {"word1\tword2\tPOS\tSimLex999\told\nold\tnew\tA\t1.58\t2\n", 1, EVAL_PAIRS, NULL},
        {"a b c d\ne f g h\n", 2, EVAL_ANALOGIES, NULL},
        {": one\r\na b c d\r\n: two\r\n", 1, EVAL_ANALOGIES, NULL},
        {"king,queen,8.5\ncat,dog\n", 0, EVAL_PAIRS, "line 2"},
        {"king,queen,8.5\ncat,dog,x\n", 0, EVAL_PAIRS, "line 2"},
        {"", 0, EVAL_PAIRS, "no question"},
        {"# nothing\n", 0, EVAL_PAIRS, "no question"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        struct eval_set set = {0};
        scratch_write("set.txt", cases[i].text, strlen(cases[i].text));
        bool ok = eval_read(scratch_path("set.txt"), &set, &err);
        if (cases[i].error)
            cr_expect(!ok && strstr(err.message, cases[i].error) && strstr(err.message, "set.txt"), "case %zu: %s", i,
                      err.message);
        else
            cr_expect(ok && set.n == cases[i].n && set.kind == cases[i].kind, "case %zu: %s", i, err.message);
        eval_set_free(&set);
    }
}
