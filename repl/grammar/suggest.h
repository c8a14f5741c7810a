/* Did you mean …: the nearest of the words that are offered. */
#ifndef GAZE_REPL_GRAMMAR_SUGGEST_H
#define GAZE_REPL_GRAMMAR_SUGGEST_H

#include "core/base/mem.h"

struct suggestion {
    struct str word, best; /* best borrows what was offered; n 0: nothing is near */
    size_t distance;
};

/* Insertions, deletions, replacements and swaps of neighbours between two words (Damerau 1964, the restricted form, in
 * bytes, letters of both cases alike); SIZE_MAX where a word is longer than 64 bytes. */
size_t suggest_distance(struct str a, struct str b);

void suggest_begin(struct suggestion *suggestion, struct str word);
/* A word is near where a third of it at most would change, or where it begins with what was typed. */
void suggest_offer(struct suggestion *suggestion, struct str candidate);
void suggest_offer_all(struct suggestion *suggestion, const char *bar_separated);
/* Put "; did you mean BEST?" behind the message, where something is near. Returns false. */
bool suggest_add(const struct suggestion *suggestion, const char *before, const char *after, struct err *err);

#endif
