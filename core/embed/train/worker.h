/* What a trainer's sentence function is written in: windows, rows, negative samples, steps. Inside train only.
 *
 * A step is taken some steps after it was made, while its rows come nearer in the caches. The order of steps is kept, and
 * nothing that is drawn depends on what was learnt, so that the result is the same as without the delay. */
#ifndef GAZE_CORE_EMBED_TRAIN_WORKER_H
#define GAZE_CORE_EMBED_TRAIN_WORKER_H

#include "core/embed/train/training.h"

enum { WORKER_DELAY = 4 }; /* steps; a power of two */

struct worker {
    struct training *training;
    uint64_t random;
    struct train_step steps[WORKER_DELAY];
    size_t made;        /* steps made; the last WORKER_DELAY of them are not taken yet */
    float *scratch, *scores;
    size_t to_look;     /* steps until the loss is looked at */
    double loss;
    size_t looked;
    uint32_t *numbers, *kept;
    float *floats;
    float **rows;
};

static inline float *worker_in(const struct worker *w, uint32_t word)
{
    return w->training->in + (size_t)word * w->training->E;
}

static inline float *worker_out(const struct worker *w, uint32_t word)
{
    return w->training->out + (size_t)word * w->training->E;
}

/* Words to look at on either side of a position: 1 … window, each as likely, so that near words weigh more. */
static inline size_t worker_reach(struct worker *w)
{
    return 1 + random_below((uint32_t)(random_next(&w->random) >> 32), (uint32_t)w->training->options.window);
}

static inline void worker_fetch(const float *row, size_t E)
{
    for (size_t i = 0; i < E; i += 16)
        __builtin_prefetch(row + i, 1);
}

/* Before the steps of position i: call the input row that comes into view nearer. */
static inline void worker_approach(const struct worker *w, const uint32_t *words, size_t n, size_t i)
{
    size_t ahead = i + w->training->options.window, first = i ? ahead : 0;
    for (size_t j = first; j <= ahead && j < n; j++)
        worker_fetch(worker_in(w, words[j]), w->training->E);
}

/* Take the oldest step, and its place for a new one: to be filled (in, n_in, share), then worker_push. */
struct train_step *worker_step(struct worker *worker);
/* Draw the step's negative samples for the word that was there. */
void worker_push(struct worker *worker, struct train_step *step, uint32_t word, float rate);

#endif
