/* What a training and its workers hold. Inside train only. */
#ifndef GAZE_CORE_EMBED_TRAIN_TRAINING_H
#define GAZE_CORE_EMBED_TRAIN_TRAINING_H

#include <stdatomic.h>

#include "core/embed/train/alias.h"
#include "core/embed/train/corpus.h"
#include "core/embed/train/kernel.h"
#include "core/base/ranks.h"

struct training {
    struct train_options options; /* strings on the heap */
    struct corpus corpus;
    size_t E;                     /* dim rounded up to TRAIN_ALIGN: floats from row to row */
    float *in, *out;              /* [V,E] word vectors; those of words as targets */
    uint32_t *keep;               /* [V] of 2^32: the chance of a word to survive sub-sampling */
    struct alias *noise;          /* [V] counts to the power 0.75 */
    const struct train_kernel *kernel;
    struct ranks ranks;           /* rank r of n takes the blocks r, r + n, r + 2n … of all epochs */
    size_t n_blocks;              /* of all epochs that are this rank's */
    size_t limit;                 /* workers leave before this one of them */
    atomic_size_t next;           /* the one that is taken next */
    atomic_size_t done;           /* words of this rank's blocks */
    atomic_bool stop;             /* every worker leaves after its block */
    bool kept;                    /* a state was written */
    double loss;                  /* of a step, smoothed; 0: not known yet */
};

/* Train blocks until `stop` or the end. One call a thread. */
NODISCARD bool worker_run(struct training *training, size_t thread, const struct train_watch *watch, double until, struct err *err);
/* Seconds of a clock that only goes forward. */
double train_clock(void);

/* The state after `next` blocks into a file, whole or not at all. */
NODISCARD bool checkpoint_write(const char *path, const struct training *training, struct err *err);

#endif
