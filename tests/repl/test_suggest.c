/* Did you mean: distances worked out by hand, and what is near enough to be said. */
#include <criterion/criterion.h>
#include <string.h>

#include "repl/grammar/suggest.h"

Test(suggest, distances)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},         {"abc", "abc", 0},    {"abc", "", 3},      {"", "abc", 3},           {"show", "shwo", 1},
        {"show", "sho", 1},  {"show", "shoow", 1}, {"show", "slow", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
        {"Show", "sHOW", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(suggest_distance(str_of(rows[i].a), str_of(rows[i].b)), rows[i].distance, "%s %s", rows[i].a, rows[i].b);
    char long_word[100];
    memset(long_word, 'a', sizeof long_word);
    cr_expect_eq(suggest_distance((struct str){long_word, sizeof long_word}, STR("a")), SIZE_MAX);
}

static struct str nearest(const char *word)
{
    struct suggestion near;
    suggest_begin(&near, str_of(word));
    suggest_offer_all(&near, "show|row|columns|predict|qk|x");
    return near.best;
}

Test(suggest, near_words_alone)
{
    cr_expect(str_is(nearest("shwo"), "show"));
    cr_expect(str_is(nearest("column"), "columns"));
    cr_expect(str_is(nearest("pred"), "predict"), "a beginning is near");
    cr_expect(str_is(nearest("ro"), "row"));
    cr_expect_eq(nearest("zebra").n, 0);
    cr_expect_eq(nearest("y").n, 0, "nothing of the word would stay");
    cr_expect_eq(nearest("").n, 0);
}
