/* Variants of texts on their way through a model: made, packed into one pass, with their own position ids. */
#ifndef GAZE_CORE_MEASURE_COLUMN_JOBS_H
#define GAZE_CORE_MEASURE_COLUMN_JOBS_H

#include "core/measure/column_material.h"
#include "core/measure/variant.h"

struct job {
    size_t text, variant, word;
    struct encoding encoding; /* until it is run */
    struct variant_text made; /* ids and from are owned */
};
struct jobs {
    const struct column_test_options *options;
    const struct material *material;
    bool absolute;
    int32_t shift;
    const struct intervention *change; /* made in every pass besides; or NULL */
    struct job *job;                   /* [n] */
    size_t n, capacity;
};
/* Add a variant of text `text` with word number `word` in it. */
NODISCARD bool jobs_add(struct jobs *jobs, size_t text, size_t variant, size_t word, struct err *err);
/* One pass over all of them; text i of the run is job i. */
NODISCARD struct run *jobs_run(struct jobs *jobs, struct err *err);
void jobs_clear(struct jobs *jobs); /* forgets the jobs */
void jobs_free(struct jobs *jobs);

/* The loss of the model's own head on each variant of the texts from `first` on, every second: nats a word into loss_out
 * [VARIANTS], NaN where nothing was asked. *of_out: "masked words", "next words", or NULL where there is no such head. */
NODISCARD bool column_losses(struct jobs *jobs, size_t first, double *loss_out, const char **of_out, struct err *err);

#endif
