/* What the parts of a column test share while one axis is at work: column_choose.c, column_measure.c, column_judge.c and
 * column_reference.c; column_test.c puts them in a row. */
#ifndef GAZE_CORE_MEASURE_COLUMN_WORK_H
#define GAZE_CORE_MEASURE_COLUMN_WORK_H

#include "core/measure/column_jobs.h"
#include "core/measure/column_found.h"

enum { ROWS_IN_A_PASS = 768, LAYOUT_VARIANTS = 6 /* the base, three cells, shuffled and random words */ };

struct column_work {
    const struct column_test_options *options;
    struct column_side *side;
    const struct site *sites;        /* [n_sites] of the options, those of this axis */
    size_t n_sites;
    struct column_test_head *heads;  /* [n_heads] room for 3·n_sites */
    size_t n_heads;
    struct material material;
    struct jobs jobs;
    size_t measured;  /* texts of the measuring half */
    size_t *used;     /* [n_used] sites with a candidate, and */
    size_t n_used, *of; /* [heads] which of them a candidate's is */
    double *excess;   /* [heads, VARIANTS, measured] sums over words */
    double *other;    /* [heads, measured] the word at the place, exchanged */
    double *inner;    /* [heads, 1 + SQUARE_CELLS, measured] base and cells of inner columns */
    double *went;     /* [heads, n] ratios with neither cause, summed; by the base's keys */
    double *divergence; /* [heads, SQUARE_CELLS] summed */
    double *key, *permuted; /* [heads, measured] excess of a random key, and with keys permuted */
    double *alpha;    /* [heads, measured] α_0 of causal maps, else NaN */
    struct component_cell *cells; /* [heads, layout_texts, LAYOUT_VARIANTS, n] */
    size_t layout_texts;
    size_t repeats[VARIANTS];
    float *base;      /* [n_used, n, n] maps of the text in hand */
    size_t *done, all; /* steps of all axes together, for progress */
};

NODISCARD bool column_step(struct column_work *w, struct err *err); /* report progress; ERR_CANCELLED */
/* The first of the errors that tasks left, if any. */
bool column_any_err(const struct err *errs, size_t n, struct err *err);
/* Even texts: the heads with a column, into heads, used and of. */
NODISCARD bool column_choose(struct column_work *w, struct err *err);
/* How many sites have a column in half of n texts by marks [sites, texts, length], wherever. */
size_t column_sites_with(const struct column_work *w, const unsigned char *marks, size_t texts);
/* The texts of one half (parity 0 even, 1 odd) as they are, under jobs->options->model: marks of columns of all sites into marks
 * [n_sites, texts, length]. `see` (NULL: nobody) is shown each used site's map, from the pool's threads; it may change it. */
struct column_watcher {
    void (*see)(void *context, size_t used, size_t text, const struct attention *a, float *probs, struct err *err);
    void *context;
};
NODISCARD bool column_mark(struct column_work *w, struct jobs *jobs, size_t parity, size_t texts, const struct column_watcher *watcher,
                           unsigned char *marks, struct err *err);
/* Odd texts: base and variants, one after another. */
NODISCARD bool column_measure(struct column_work *w, struct err *err);
/* Squares, what stands beside them, components; all but the verdicts, which all axes share. */
NODISCARD bool column_judge(struct column_work *w, struct err *err);
/* The heads at each end as one, after the verdicts. */
NODISCARD bool column_pool(struct column_work *w, struct err *err);
/* Twins of the model on the odd texts. */
NODISCARD bool column_twins(struct column_work *w, struct err *err);

#endif
