/* A run: one forward pass, kept. Queries, keys, values, head outputs and hidden states stay; maps and logits are made
 * on demand through the two doors below, for show, export, measures, view and tests alike. */
#ifndef GAZE_CORE_RUN_H
#define GAZE_CORE_RUN_H

#include <stdatomic.h>
#include "core/attention.h"
#include "core/model.h"

/* What a selector resolves to. */
struct site {
    enum stack stack;
    size_t text, layer, head;
};

/* A change to a pass, made in its doors. One row a kind in core/intervene.c. */
struct intervention_kind;
struct intervention {
    const struct intervention_kind *kind;
    size_t layer, head, token; /* SIZE_MAX: all */
    unsigned terms;            /* drop_term: bits */
    const float *values;       /* replace_hidden: [rows,E] of that layer's output (0 the embeddings); positions: [rows] */
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

/* Handed down by the session: called from the caller's thread as layers get done. */
struct watch {
    void *context;
    void (*progress)(void *context, size_t done, size_t total);
};

struct run {
    const struct model *model;
    struct encoding *texts; /* [n_texts], owned */
    size_t n_texts, rows;
    size_t *starts; /* [n_texts+1] rows of each text in the packed order */
    int32_t *ids, *types, *positions;
    float **hidden; /* [n_hidden] of [rows,E]; 0 the embedding output */
    size_t n_hidden;
    struct attention *attentions; /* [n_attentions], in the order of the pass, texts within layers */
    size_t n_attentions, attentions_capacity;
    _Atomic size_t done; /* readers may look at the first `done` attentions */
    struct intervention *interventions;
    size_t n_interventions;
    struct arena *arena; /* everything kept */
};

/* Run the model over the encodings, which it takes (also on failure). Errors: a text longer than the model's positions
 * (names both numbers), an id outside the vocabulary, ERR_CANCELLED, ERR_MEMORY. An empty text (no tokens) is an error. */
NODISCARD struct run *run_new(struct model *model, struct encoding *texts, size_t n_texts,
                              const struct intervention *interventions, size_t n_interventions, const struct watch *watch,
                              struct err *err);
void run_free(struct run *run);

/* The attention of a site, or NULL with ERR_NOT_FOUND that says what there is. */
const struct attention *run_attention(const struct run *run, struct site site, struct err *err);
/* Rows [row,row+rows) of the map at a site into out [rows,Tk]. */
NODISCARD bool run_map(const struct run *run, struct site site, struct part part, size_t row, size_t rows, float *out,
                       struct err *err);
/* A head's logits for n rows (numbers within text `text`) into out [n,width]. */
NODISCARD bool run_logits(const struct run *run, const struct output_head *head, size_t text, const size_t *rows, size_t n,
                          float *out, struct err *err);
size_t run_kept_bytes(const struct run *run);

/* "probs", "scores", "c2c", "c2c+c2p" → a part; softmax and without take sums of terms. Exactly one of the three may be
 * given, the others n = 0. Errors list the model's terms. */
NODISCARD bool part_parse(const struct term *const *terms, struct str part, struct str softmax, struct str without,
                          struct part *out, struct err *err);
/* "probs", "c2c+c2p", "softmax of c2c" … */
void part_name(const struct term *const *terms, struct part part, struct buf *out);
bool part_is_signed(struct part part); /* scores, logits, edge: a diverging map */

#endif
