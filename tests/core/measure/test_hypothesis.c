/* Hypotheses on marks written down by hand: which become candidates, what they name, when they hold. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/measure/hypothesis.h"

enum { CLS = 1, SEP = 2, N = 8 };

/* [CLS] 10 11 12 11 13 14 [SEP], the last token replaced by `tail` */
static void text_of(struct token tokens[N], int32_t first, int32_t tail)
{
    int32_t ids[N] = {first, 10, 11, 12, 11, 13, 14, tail};
    for (size_t i = 0; i < N; i++)
        tokens[i] = (struct token){.id = ids[i], .special_id = ids[i] == CLS || ids[i] == SEP};
}

static const struct hypothesis_kind *kind_named(const char *name)
{
    for (size_t i = 0; hypothesis_kinds[i]; i++)
        if (strcmp(hypothesis_kinds[i]->name, name) == 0)
            return hypothesis_kinds[i];
    return NULL;
}

static const struct hypothesis *find(const struct hypothesis *h, size_t n, const char *kind, size_t value)
{
    for (size_t i = 0; i < n; i++)
        if (h[i].kind && strcmp(h[i].kind->name, kind) == 0 && h[i].value == value)
            return &h[i];
    return NULL;
}

Test(core_hypothesis, each_kind_speaks_of_its_keys)
{
    struct token tokens[N];
    text_of(tokens, CLS, SEP);
    static const struct {
        const char *kind;
        size_t value;
        int marked; /* -1: none */
        bool could, held;
    } rows[] = {
        {"index", 0, 0, true, true},     {"index", 7, 0, true, false},    {"index", 8, 0, false, false},
        {"end", 0, 7, true, true},       {"end", 7, 0, true, true},       {"end", 8, 0, false, false},
        {"special", CLS, 0, true, true}, {"special", SEP, 0, true, false}, {"special", 3, 0, false, false},
        {"token", 11, 4, true, true},    {"token", 11, 2, true, true},    {"token", 11, 3, true, false},
        {"token", 99, 3, false, false},  {"token", CLS, 0, false, false}, {"special", 11, 2, false, false},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        unsigned char marks[N] = {0};
        bool could, held;
        marks[rows[r].marked] = 1;
        struct hypothesis h = {.kind = kind_named(rows[r].kind), .value = rows[r].value};
        hypothesis_check(&h, tokens, N, marks, &could, &held);
        cr_expect(could == rows[r].could && held == rows[r].held, "row %zu: %s %zu, key %d marked: could %d, held %d", r,
                  rows[r].kind, rows[r].value, rows[r].marked, could, held);
    }
    unsigned char none[N] = {0}, one[N] = {0, 1};
    bool could, held;
    hypothesis_check(&(struct hypothesis){0}, tokens, N, none, &could, &held);
    cr_expect(could && held, "no column in a text without marks");
    hypothesis_check(&(struct hypothesis){0}, tokens, N, one, &could, &held);
    cr_expect(could && !held);
}

/* Three texts: [CLS] is marked in all, key 4 (token 11) in two, key 5 in one. */
Test(core_hypothesis, candidates_held_twice_and_the_surest_come_first)
{
    struct gathered gathered = {0};
    struct choosable choosable = {0};
    struct err err = {0};
    struct hypothesis h[MAX_HYPOTHESES];
    static const size_t marked[3][3] = {{0, 4, 5}, {0, 4, 4}, {0, 0, 0}};
    for (size_t t = 0; t < 3; t++) {
        struct token tokens[N];
        unsigned char marks[N] = {0};
        text_of(tokens, CLS, t == 2 ? 77 : SEP);
        for (size_t k = 0; k < 3; k++)
            marks[marked[t][k]] = 1;
        marks[2] = t == 0; /* the other occurrence of token 11: counts the text once */
        cr_assert(choosable_add(&choosable, tokens, N, &err));
        cr_assert(gathered_add(&gathered, tokens, N, marks, choosable.texts, &err));
    }
    size_t n = hypotheses_choose(&gathered, &choosable, h);
    cr_expect_null(h[0].kind, "\"no column\" comes first");
    const struct hypothesis *cls = find(h, n, "special", CLS), *token = find(h, n, "token", 11);
    cr_assert(cls && token && find(h, n, "index", 0) && find(h, n, "end", 3));
    cr_expect(!find(h, n, "end", 7) && !find(h, n, "index", 4), "of texts of one length a place is named once");
    cr_expect_eq(n, 5, "%zu: index 5 held once and is none", n);
    cr_expect(cls->first_held == 3 && cls->first_could == 3);
    cr_expect(token->first_held == 2 && token->first_could == 3);
    for (size_t k = 1; k < 3; k++)
        cr_expect_eq(h[k].first_held, 3, "those that held three times come before those that held twice");
    gathered_free(&gathered);
    choosable_free(&choosable);
}

Test(core_hypothesis, at_most_eight_candidates_are_kept)
{
    struct gathered gathered = {0};
    struct choosable choosable = {0};
    struct err err = {0};
    struct hypothesis h[MAX_HYPOTHESES];
    for (size_t t = 0; t < 6; t++) {
        struct token tokens[N];
        unsigned char marks[N];
        memset(marks, t < 2, sizeof marks);
        marks[0] = 1; /* in all six */
        text_of(tokens, CLS, SEP);
        size_t length = t == 5 ? N - 1 : N; /* two lengths: places from the end are their own */
        cr_assert(choosable_add(&choosable, tokens, length, &err));
        cr_assert(gathered_add(&gathered, tokens, length, marks, choosable.texts, &err));
    }
    size_t n = hypotheses_choose(&gathered, &choosable, h);
    cr_expect_eq(n, MAX_HYPOTHESES);
    cr_expect(find(h, n, "index", 0) && find(h, n, "special", CLS) && find(h, n, "end", 7), "the surest are among them");
    gathered_free(&gathered);
    choosable_free(&choosable);
}

Test(core_hypothesis, names_are_what_a_person_reads)
{
    static const struct {
        const char *kind;
        size_t value;
        const char *name;
    } rows[] = {{"index", 3, "index 3"}, {"end", 0, "0 from the end"}, {"special", 5, "special #5"}, {"token", 9, "token #9"}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct buf name = {0};
        struct hypothesis h = {.kind = kind_named(rows[r].kind), .value = rows[r].value};
        hypothesis_name(&h, NULL, &name);
        cr_expect_str_eq(buf_cstr(&name), rows[r].name);
        buf_free(&name);
    }
    struct buf none = {0};
    hypothesis_name(&(struct hypothesis){0}, NULL, &none);
    cr_expect_str_eq(buf_cstr(&none), "no column");
    buf_free(&none);
}
