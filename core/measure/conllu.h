/* CoNLL-U, a sentence at a time (Nivre et al. 2020; universaldependencies.org/format.html): ten columns between tabs, blank lines
 * between sentences.
 *
 * Comments, multiword tokens (3-4) and empty nodes (3.1) are passed over: words are the lines with a whole number. A sentence whose
 * lines are no such thing, or whose heads are no tree, is passed over and counted. */
#ifndef GAZE_CORE_MEASURE_CONLLU_H
#define GAZE_CORE_MEASURE_CONLLU_H

#include "core/base/lines.h"

struct conllu_word {
    struct str form, relation; /* of the sentence's text and of the reader's arena */
    size_t begin, end;         /* bytes of the form in the text */
    size_t head;               /* from 1; 0: the root */
};
struct conllu {
    struct lines *lines; /* borrowed */
    struct arena *arena; /* of the sentence */
    struct conllu_word *words; /* [n] */
    size_t n, capacity;
    struct buf text; /* the forms, with blanks between but after SpaceAfter=No */
    size_t line;     /* where the sentence begins */
    size_t sentences, bad, bad_line; /* given; passed over; the line of the first of these */
    struct buf why;  /* that one's fault */
};

NODISCARD bool conllu_new(struct lines *lines, struct conllu *out, struct err *err);
/* The next sentence, valid until the next call; *end_out: there is none. False: what lines_next says, ERR_MEMORY. */
NODISCARD bool conllu_next(struct conllu *conllu, bool *end_out, struct err *err);
void conllu_free(struct conllu *conllu); /* a zeroed struct is fine */

#endif
