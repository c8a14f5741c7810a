/* What measures give for each head, of a run or over the texts of a file, and the references beside the one that ranks. */
#ifndef GAZE_REPL_RUN_HEADS_NUMBERS_H
#define GAZE_REPL_RUN_HEADS_NUMBERS_H

#include "core/measure/measure.h"
#include "repl/run/selector.h"

enum { HEADS_MEASURES = 40 };
struct heads_numbers {
    struct sites sites;
    const struct measure *shown[HEADS_MEASURES]; /* [n] */
    size_t n, sort;                              /* shown[sort] ranks */
    double *values;                              /* [sites.n,n] over texts: means, the commonest class, what the texts together give */
    unsigned char *broken;                       /* [sites.n] the map is not finite; 0 over texts */
    double uniform;                              /* what shown[sort] gives of the uniform map; NaN: it reads more than maps */
    double *permuted, *random;                   /* [sites.n] of keys permuted in each row, of random weights; NULL: not asked */
    size_t texts, length, not_finite;            /* over texts: how many, tokens of each, maps left out; 0: of one run */
};

/* Make them as the call asks: RUN or texts=, SELECTOR, references=; `option` names the measure that ranks, alone: and no other is
 * made. Free in any case. */
NODISCARD bool heads_numbers_make(struct session *session, const struct call *call, const char *option, bool alone,
                                  struct heads_numbers *out, struct err *err);
void heads_numbers_free(struct heads_numbers *numbers); /* a zeroed struct is fine */
/* Append what stands above or below the numbers: formula, source, references, texts. */
void heads_numbers_say(const struct heads_numbers *numbers, struct buf *out);

#define OPTION_REFERENCES                                                                                       \
    {.name = "references", .kind = VALUE_ENUM, .values = "none|permuted|all", .fallback = "none",                      \
     .summary = "what the ranking measure gives of keys permuted in each row; all: and of random weights"}

#endif
