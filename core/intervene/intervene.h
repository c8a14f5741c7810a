/* Changes to a pass, each acting in one of its doors; later layers feel them. One file a kind, one row in list.h. A map of such
 * a run is the map that was used. */
#ifndef GAZE_CORE_INTERVENE_INTERVENE_H
#define GAZE_CORE_INTERVENE_INTERVENE_H

#include "core/attention.h"

/* Rows of the model's width that pass by: what tables give for ids, what norms give, what the feed-forward part
 * of a post-norm block adds, hidden states. */
enum rows_kind { ROWS_HIDDEN, ROWS_WORDS, ROWS_POSITIONS, ROWS_NORMS, ROWS_FFN, ROWS_OTHER };

struct intervention_kind;
struct intervention {
    const struct intervention_kind *kind;
    size_t layer, head, token; /* SIZE_MAX: all */
    unsigned terms;            /* drop_term: bits */
    /* replace_hidden: [rows,E] of that layer's output (0 the embeddings); positions: [rows]; replace_output: [rows,D] of that
     * head's layer; replace_pattern: [Tq,Tk]; zero_dims: the dimensions. Borrowed while the pass runs, … */
    const float *values;
    enum stack_kind stack; /* whose maps or layers; 0 is L */
    size_t n_values;       /* … or where this is not 0 so many that the run copies */
    enum rows_kind rows;   /* zero_dims, watch_rows */
    void (*see)(void *context, const float *x, size_t rows, size_t E); /* watch_rows: from the thread of the pass, in its order */
    void *context;         /* of watch_rows, and of a kind that its own file alone makes */
};
struct intervention_kind {
    const char *name, *summary;
    void (*positions)(const struct intervention *, int32_t *positions, size_t rows);
    void (*attention)(const struct intervention *, struct attention *); /* before the softmax */
    unsigned (*drops)(const struct intervention *, const struct attention *, size_t head); /* bits of terms */
    void (*probs)(const struct intervention *, const struct attention *, size_t head, size_t row, size_t rows, float *probs);
    void (*output)(const struct intervention *, struct attention *); /* z is there */
    void (*hidden)(const struct intervention *, size_t index, float *hidden, size_t rows, size_t E);
    void (*by)(const struct intervention *, enum rows_kind kind, float *x, size_t rows, size_t E); /* rows pass by */
    /* Layer's output is there, before any final norm: [rows,E] of all texts. */
    void (*layer)(const struct intervention *, const struct tokens *tokens, size_t layer, float *output, size_t E);
};
extern const struct intervention_kind *const intervention_kinds[]; /* NULL-ended */
const struct intervention_kind *intervention_named(const char *name);

/* Is the intervention about this attention? About this head of it? */
bool intervention_meant(const struct intervention *, const struct attention *a);
bool intervention_meant_head(const struct intervention *, const struct attention *a, size_t head);

/* Those of one pass, and their hooks as the doors call them. */
struct interventions {
    struct intervention *at;
    size_t n;
};
void intervene_positions(const struct interventions *, enum stack_kind stack, int32_t *positions, size_t rows);
void intervene_attention(const struct interventions *, struct attention *a);
/* An attention's `change` and `drops`: their context is a struct interventions. */
void intervene_probs(const void *context, const struct attention *a, size_t head, size_t row, size_t rows, float *probs);
unsigned intervene_drops(const void *context, const struct attention *a, size_t head);
void intervene_output(const struct interventions *, struct attention *a);
void intervene_hidden(const struct interventions *, enum stack_kind stack, size_t index, float *hidden, size_t rows, size_t E);
/* `layers`: the stack whose layer is done. */
void intervene_layer(const struct interventions *, enum stack_kind layers, const struct tokens *tokens, size_t layer, float *output,
                     size_t E);
void intervene_by(const struct interventions *, enum rows_kind kind, float *x, size_t rows, size_t E);

#endif
