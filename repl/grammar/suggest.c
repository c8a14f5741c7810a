/* Did you mean …: edit distance over the words that exist. See suggest.h. */
#include "repl/grammar/suggest.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 64 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(struct str a, struct str b)
{
    if (a.n > LONGEST || b.n > LONGEST)
        return SIZE_MAX;
    size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.n; j++)
        last[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            bool same = lower(a.s[i - 1]) == lower(b.s[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a.s[i - 1]) == lower(b.s[j - 2]) && lower(a.s[i - 2]) == lower(b.s[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b.n];
}

void suggest_begin(struct suggestion *suggestion, struct str word)
{
    *suggestion = (struct suggestion){.word = word, .distance = SIZE_MAX};
}

static bool begins_alike(struct str word, struct str candidate)
{
    if (word.n < 2 || candidate.n <= word.n)
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (lower(word.s[i]) != lower(candidate.s[i]))
            return false;
    return true;
}

void suggest_offer(struct suggestion *suggestion, struct str candidate)
{
    size_t allowed = 1 + suggestion->word.n / 4;
    size_t distance = suggest_distance(suggestion->word, candidate);
    if (distance >= candidate.n || distance >= suggestion->word.n + (suggestion->word.n == 0))
        return; /* nothing of the word would stay */
    if (distance > allowed) {
        if (!begins_alike(suggestion->word, candidate))
            return;
        distance = allowed;
    }
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = candidate;
    }
}

void suggest_offer_all(struct suggestion *suggestion, const char *bar_separated)
{
    for (const char *at = bar_separated; at && *at;) {
        size_t n = strcspn(at, "|");
        suggest_offer(suggestion, (struct str){at, n});
        at += n + (at[n] == '|');
    }
}

bool suggest_add(const struct suggestion *suggestion, const char *before, const char *after, struct err *err)
{
    if (!err || !suggestion->best.n)
        return false;
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, "; did you mean %s%.*s%s?", before, STR_ARGS(suggestion->best),
             after);
    return false;
}
