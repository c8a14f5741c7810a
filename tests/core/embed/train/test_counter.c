/* Words and their counts against a plain reading of the text, whatever pieces it comes in; the alias table. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/embed/train/alias.h"
#include "core/embed/train/counter.h"
#include "tests/support/scratch.h"

/* The numbers of a text that is handed over `piece` bytes at a time. */
static size_t scan(struct counter *c, const char *text, size_t n, size_t piece, uint32_t *ids)
{
    unsigned char *buffer = calloc(n + piece + COUNTER_PAD, 1);
    size_t kept = 0, count = 0, at = 0;
    for (bool last = false; !last;) {
        size_t take = n - at < piece ? n - at : piece, used, got;
        memcpy(buffer + kept, text + at, take);
        memset(buffer + kept + take, 0, COUNTER_PAD);
        at += take;
        last = take == 0;
        struct err err = {0};
        cr_assert(counter_scan(c, buffer, kept + take, last, &used, ids + count, &got, &err), "%s", err.message);
        count += got;
        kept = kept + take - used;
        memmove(buffer, buffer + used, kept);
    }
    free(buffer);
    return count;
}

/* A text of words of 1 to 40 letters, blanks of every kind, empty lines and bytes above 0x7f. */
static size_t make_text(char *text, size_t n, unsigned long long *state)
{
    static const char blanks[] = " \t\r\n\n \v\f\x01";
    size_t at = 0;
    while (at + 50 < n) {
        size_t length = draw(state, 10) ? 1 + draw(state, 9) : 1 + draw(state, 40), kind = draw(state, 3);
        for (size_t i = 0; i < length; i++)
            text[at++] = kind == 2 ? (char)(0x21 + draw(state, 0xdf)) : (char)('a' + (kind ? draw(state, 2) : 0));
        for (size_t i = 1 + draw(state, 3) / 2; i; i--)
            text[at++] = blanks[draw(state, sizeof blanks - 1)];
    }
    return at;
}

Test(train_counter, words_and_ends_are_those_of_the_text_in_any_pieces)
{
    enum { N = 20000 };
    static char text[N];
    static uint32_t ids[N + 1];
    static const size_t pieces[] = {1, 2, 3, 7, 8, 9, 64, 1000, N};
    unsigned long long state = 5;
    size_t n = make_text(text, N, &state);
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        struct err err = {0};
        struct counter *c = counter_new(1 << 20, &err);
        size_t count = scan(c, text, n, pieces[p], ids), i = 0, words = 0, total = 0;
        bool ended = true;
        for (size_t at = 0; at < n;) {
            if ((unsigned char)text[at] <= 0x20) {
                if (text[at++] == '\n' && !ended) {
                    cr_assert_eq(ids[i++], COUNTER_END, "pieces of %zu", pieces[p]);
                    ended = true;
                }
                continue;
            }
            size_t begin = at;
            while (at < n && (unsigned char)text[at] > 0x20)
                at++;
            cr_assert_lt(i, count);
            struct str word = counter_word(c, ids[i++]);
            cr_assert(word.n == at - begin && memcmp(word.s, text + begin, word.n) == 0, "pieces of %zu, byte %zu", pieces[p],
                      begin);
            words++;
            ended = false;
        }
        cr_assert_eq(i, count);
        for (size_t id = 0; id < counter_ids(c); id++) {
            total += counter_count(c, id);
            for (size_t other = 0; other < id && id < 300; other++)
                cr_assert(!str_eq(counter_word(c, id), counter_word(c, other)), "%zu and %zu are one word", id, other);
        }
        cr_assert_eq(total, words);
        counter_free(c);
    }
}

Test(train_counter, rare_words_are_forgotten_beyond_the_limit_and_frequent_ones_stay)
{
    enum { ROUNDS = 4000 };
    char text[64];
    uint32_t ids[64];
    struct err err = {0};
    struct counter *c = counter_new(1000, &err);
    for (int i = 0; i < ROUNDS; i++) {
        int n = snprintf(text, sizeof text, "often again-and-again-often w%d a-rather-long-word-%d\n", i, i);
        scan(c, text, (size_t)n, 64, ids);
    }
    cr_assert_leq(counter_words(c), 1000, "memory is held for more words than the limit");
    cr_assert_eq(counter_ids(c), 2 + 2 * ROUNDS, "each word had a number of its own");
    for (size_t i = 0; i < counter_words(c); i++) {
        uint32_t id = counter_id(c, i);
        char want[64];
        if (i > 0)
            cr_assert_gt(id, counter_id(c, i - 1));
        if (id == 1 || id > 3) { /* words of round r: 2r + 2 and 2r + 3, but that the first round brings four */
            size_t round = id > 3 ? (id - 2) / 2 : 0;
            snprintf(want, sizeof want, id == 1 ? "again-and-again-often" : id % 2 ? "a-rather-long-word-%zu" : "w%zu", round);
            cr_assert(str_eq(counter_word(c, i), str_of(want)), "number %u is %.*s, not %s", id, STR_ARGS(counter_word(c, i)),
                      want);
        }
    }
    cr_assert_eq(counter_count(c, 0), ROUNDS);
    cr_assert_eq(counter_count(c, 1), ROUNDS);
    cr_assert(str_eq(counter_word(c, 1), STR("again-and-again-often")));
    counter_free(c);
}

Test(train_alias, every_number_is_drawn_with_its_weight)
{
    unsigned long long state = 3;
    for (size_t n = 1; n < 2000; n = n * 3 + 1) {
        double *weights = malloc(n * sizeof *weights), *shares = calloc(n, sizeof *shares), total = 0;
        for (size_t i = 0; i < n; i++)
            total += weights[i] = pow(1 + (double)draw(&state, 100000), 0.75) * (i % 7 ? 1 : 1000);
        struct err err = {0};
        struct alias *table = alias_new(weights, n, &err);
        cr_assert(table);
        for (size_t i = 0; i < n; i++) {
            double keep = ((double)table[i].keep + 1) * 0x1p-32;
            shares[i] += keep / (double)n;
            shares[table[i].other] += (1 - keep) / (double)n;
        }
        for (size_t i = 0; i < n; i++)
            cr_assert_float_eq(shares[i], weights[i] / total, 1e-9, "%zu of %zu: %g, not %g", i, n, shares[i],
                               weights[i] / total);
        free(weights);
        free(shares);
        free(table);
    }
}

Test(train_alias, draws_follow_the_table)
{
    static const double weights[] = {1, 2, 3, 10};
    struct err err = {0};
    struct alias *table = alias_new(weights, 4, &err);
    size_t counts[4] = {0}, draws = 400000;
    uint64_t state = 9;
    for (size_t i = 0; i < draws; i++)
        counts[alias_draw(table, 4, random_next(&state))]++;
    for (size_t i = 0; i < 4; i++)
        cr_assert_float_eq((double)counts[i] / (double)draws, weights[i] / 16, 0.004);
    free(table);
}
