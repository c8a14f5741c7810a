/* Verdicts over columns. See verdict.h. */
#include "core/measure/verdict.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

/* What each verdict requires of the cells: 'h' holds, 'f' fails, '-' nothing. */
struct rule {
    enum verdict verdict;
    char cells[SQUARE_CELLS + 1]; /* index, token, none */
    bool ends, inner;             /* asked of places at the ends; of inner keys */
};
static const struct rule rules[] = {
    {VERDICT_INDEX, "hff", true, false},    {VERDICT_TOKEN, "fhf", true, false}, {VERDICT_EITHER, "hhf", true, false},
    {VERDICT_TOGETHER, "fff", true, false}, {VERDICT_NEITHER, "hhh", true, false},
    {VERDICT_INDEX, "hf-", false, true},    {VERDICT_TOKEN, "fh-", false, true}, {VERDICT_EITHER, "hh-", false, true},
    {VERDICT_TEXT, "ff-", false, true},
};

/* The largest p of what the rule requires: NaN where a cell that it needs is missing, 1 where one is broken. */
static double p_of(const struct rule *rule, const struct square *square, const struct square_verdict *v)
{
    double p = v->exists;
    for (size_t c = 0; c < SQUARE_CELLS; c++) {
        if (rule->cells[c] == '-')
            continue;
        if (!square->cell[c] || !v->cell[c].texts)
            return NAN;
        if (square->broken[c])
            return 1;
        double own = rule->cells[c] == 'h' ? v->cell[c].holds : v->cell[c].fails;
        p = own > p ? own : p;
    }
    return p;
}

/* Without a special token there the place alone can be vacated: it suffices, or is not needed. */
static void test_bare(const struct square *square, struct square_verdict *out)
{
    const struct retention *vacant = &out->cell[SQUARE_TOKEN];
    if (!square->cell[SQUARE_TOKEN] || !vacant->texts)
        return;
    out->p[VERDICT_INDEX] = square->broken[SQUARE_TOKEN] ? 1 : fmax(out->exists, vacant->fails);
    out->p[VERDICT_NEITHER] = square->broken[SQUARE_TOKEN] ? 1 : fmax(out->exists, vacant->holds);
}

void square_test(const struct square *square, struct square_verdict *out)
{
    double sum = 0;
    size_t n = 0;
    *out = (struct square_verdict){.exists = mean_above(square->base, square->texts, VERDICT_EXCESS)};
    for (size_t i = 0; i < square->texts; i++)
        if (!isnan(square->base[i])) {
            sum += square->base[i];
            n++;
        }
    out->excess = n ? sum / (double)n : NAN;
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        if (square->cell[c])
            retention(square->cell[c], square->base, square->texts, &out->cell[c]);
    for (size_t v = 0; v < VERDICTS; v++)
        out->p[v] = NAN;
    if (square->bare) {
        test_bare(square, out);
        return;
    }
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        if (square->inner ? rules[r].inner : rules[r].ends)
            out->p[rules[r].verdict] = p_of(&rules[r], square, out);
}

size_t square_tested(const struct square_verdict *square)
{
    size_t n = 0;
    for (size_t v = VERDICT_UNDECIDED + 1; v < VERDICTS; v++)
        n += !isnan(square->p[v]);
    return n;
}

struct tested {
    double p;
    size_t square;
    enum verdict verdict;
};

static int by_p(const void *a, const void *b)
{
    const struct tested *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return x->square != y->square ? (x->square < y->square ? -1 : 1) : (x->verdict > y->verdict) - (x->verdict < y->verdict);
}

bool verdicts_decide(struct square_verdict *squares, size_t n, struct err *err)
{
    struct tested *tested = mem_new(n * VERDICTS, sizeof *tested, "verdicts", err);
    size_t m = 0, last = 0;
    if (!tested)
        return false;
    for (size_t s = 0; s < n; s++)
        for (size_t v = VERDICT_UNDECIDED + 1; v < VERDICTS; v++)
            if (!isnan(squares[s].p[v]))
                tested[m++] = (struct tested){squares[s].p[v], s, (enum verdict)v};
    qsort(tested, m, sizeof *tested, by_p);
    for (size_t k = 0; k < m; k++)
        if (tested[k].p <= VERDICT_RATE * (double)(k + 1) / (double)m)
            last = k + 1;
    for (size_t k = last; k-- > 0;) /* the smallest p of a square has the last word */
        squares[tested[k].square].verdict = tested[k].verdict;
    free(tested);
    return true;
}
