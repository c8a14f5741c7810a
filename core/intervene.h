/* Changes to a pass, each acting in one of its doors; later layers feel them. */
#ifndef GAZE_CORE_INTERVENE_H
#define GAZE_CORE_INTERVENE_H

#include "core/attention.h"

struct intervention_kind;
struct intervention {
    const struct intervention_kind *kind;
    size_t layer, head, token; /* SIZE_MAX: all */
    unsigned terms;            /* drop_term: bits */
    const float *values;       /* replace_hidden: [rows,E] of that layer's output (0 the embeddings); positions: [rows] */
    enum stack_kind stack;     /* whose maps or layers; 0 is L */
};
struct intervention_kind {
    const char *name, *summary;
    void (*positions)(const struct intervention *, int32_t *positions, size_t rows);
    void (*attention)(const struct intervention *, struct attention *); /* before the softmax */
    void (*probs)(const struct intervention *, const struct attention *, size_t head, size_t row, size_t rows, float *probs);
    void (*output)(const struct intervention *, struct attention *); /* z is there */
    void (*hidden)(const struct intervention *, size_t index, float *hidden, size_t rows, size_t E);
};
extern const struct intervention_kind *const intervention_kinds[]; /* NULL-ended: drop_term, uniform_head, zero_head,
                                                                      zero_value, replace_hidden, positions */
const struct intervention_kind *intervention_named(const char *name);

/* Those of one pass, and their hooks as the doors call them. */
struct interventions {
    struct intervention *at;
    size_t n;
};
void intervene_positions(const struct interventions *, enum stack_kind stack, int32_t *positions, size_t rows);
void intervene_attention(const struct interventions *, struct attention *a);
/* An attention's `change`: its context is a struct interventions. */
void intervene_probs(const void *context, const struct attention *a, size_t head, size_t row, size_t rows, float *probs);
void intervene_output(const struct interventions *, struct attention *a);
void intervene_hidden(const struct interventions *, enum stack_kind stack, size_t index, float *hidden, size_t rows, size_t E);

#endif
