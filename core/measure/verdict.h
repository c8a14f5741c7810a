/* What a column is bound to: the square of two causes, and its verdict. The test, its margins and its words are gaze's own.
 *
 *                       place occupied      place vacant
 *   token there         base                SQUARE_TOKEN
 *   token replaced      SQUARE_INDEX        SQUARE_NONE
 *
 * The place is the first or the last of a text; the token is the special one that stands there. Of a column among a text's inner
 * keys the texts themselves tell the causes apart: base is the key that is the text's own column, SQUARE_INDEX the key at the
 * commonest index of such columns, SQUARE_TOKEN the one with their commonest token, SQUARE_NONE any other.
 *
 * Numbers are excesses n·c − 1, one a text: what a column has above the uniform map. A cause suffices where the excess holds
 * without the other; p of a verdict is the largest of all that it requires (intersection–union, Berger 1982), and all verdicts
 * that are tested share a false discovery rate of 5 % (Benjamini & Hochberg 1995). */
#ifndef GAZE_CORE_MEASURE_VERDICT_H
#define GAZE_CORE_MEASURE_VERDICT_H

#include <stdbool.h>

#include "core/base/err.h"
#include "core/measure/retention.h"

enum square_cell { SQUARE_INDEX, SQUARE_TOKEN, SQUARE_NONE, SQUARE_CELLS };
enum verdict {
    VERDICT_UNDECIDED,
    VERDICT_INDEX,    /* the place alone suffices */
    VERDICT_TOKEN,    /* the token alone suffices */
    VERDICT_EITHER,   /* each suffices: redundant */
    VERDICT_TOGETHER, /* only together: conjunctive */
    VERDICT_NEITHER,  /* neither is needed */
    VERDICT_TEXT,     /* bound to the text: inner keys alone */
    VERDICTS
};
#define VERDICT_RATE 0.05
/* The least excess that a column has to have: more than twice the uniform map, as in its cover. */
#define VERDICT_EXCESS 1.0

struct square {
    size_t texts;
    const double *base;               /* [texts] */
    const double *cell[SQUARE_CELLS]; /* [texts]; NULL: this cell does not exist */
    bool broken[SQUARE_CELLS];        /* the model does not work there: the cell decides nothing */
    bool inner;
    bool bare; /* no special token stands at the place: only the place can be vacated (SQUARE_TOKEN) */
};
struct square_verdict {
    double excess;                       /* mean of base */
    double exists;                       /* p that it is not above VERDICT_EXCESS */
    struct retention cell[SQUARE_CELLS]; /* texts 0: there is no such cell */
    double p[VERDICTS];                  /* NaN where a verdict is not tested; 1 where a cell that it needs is broken */
    enum verdict verdict;                /* VERDICT_UNDECIDED until verdicts_decide */
};
void square_test(const struct square *square, struct square_verdict *out);
size_t square_tested(const struct square_verdict *square); /* how many verdicts are tested */
/* Benjamini–Hochberg over all verdicts that are tested, of all squares. */
NODISCARD bool verdicts_decide(struct square_verdict *squares, size_t n, struct err *err);

#endif
