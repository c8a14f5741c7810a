/* A run: one forward pass, kept (forward.h makes one). Queries, keys, values, head outputs and hidden states stay; maps and
 * logits are made on demand through the two doors below, for show, export, measures, view and tests alike. */
#ifndef GAZE_CORE_RUN_H
#define GAZE_CORE_RUN_H

#include <stdatomic.h>
#include "core/intervene/intervene.h"
#include "core/model.h"
#include "core/position_rule.h"

/* What a selector resolves to. */
struct site {
    enum stack_kind stack;
    size_t text, layer, head;
};

/* Handed down by the session: called from the caller's thread as layers get done. */
struct watch {
    void *context;
    void (*progress)(void *context, size_t done, size_t total);
};

/* A tensor that a pass kept: exported and shown by what it says of itself. */
#define NO_LAYER SIZE_MAX
struct kept {
    const char *name, *side; /* "hidden", "router"; side "enc" or "dec" where the name tells it, else NULL */
    enum stack_kind stack;
    size_t layer;                /* of hidden: 0 the embedding output, l+1 what layer l gave; NO_LAYER: the whole run's */
    const struct tokens *tokens; /* axis 0 is its rows, text after text; NULL: it is no axis of tokens */
    size_t rank, shape[3];
    const char *axes[3];
    const struct dtype *dtype;
    const void *data; /* row-major */
};

/* Which keys queries see in place of those that the family lets them see, in attentions of an axis with itself. */
enum mask_rule { MASK_FAMILY, MASK_NONE /* all */, MASK_CAUSAL };
struct run_mask {
    enum mask_rule rule;
    size_t window; /* of MASK_CAUSAL: query i sees key j where 0 ≤ i−j < window; 0: all before */
};

/* The norm behind a stack's layers, as the pass saw it; weight NULL: there is none, or it was not seen. */
struct final_norm {
    struct norm norm;
    bool rms;
    float add; /* of rms: added to the weight */
};

/* How queries and keys were made, as the pass saw it: rows of projections of x, or of a norm of x. */
struct qk_made {
    struct linear q, k;
    size_t q_at, k_at;       /* where in a row of the projection they begin */
    struct final_norm norm;  /* weight NULL: of x itself */
};
/* What tables gave for the tokens before the first layer, as the pass saw it. */
enum { MAX_ENTERED = 4 };
struct entered {
    size_t n;
    struct {
        const struct tensor *table;
        const int32_t *index; /* [rows] */
        bool words, positions;
        float times;          /* its rows were multiplied by that */
    } at[MAX_ENTERED];
    bool done;                /* the first layer begins */
    struct final_norm norm;   /* behind their sum; weight NULL: none */
};

struct past;
enum { MAX_AXES = 8 };
struct run {
    const struct model *model;
    struct model *stand_in; /* owned: the model where there is none but given tensors (given.h); else NULL */
    struct tokens *axes[MAX_AXES]; /* owned; [0] what was given to run */
    size_t n_axes;
    struct tokens *tokens, *target; /* borrowed of axes: source (or only) tokens; the decoder's, or NULL */
    struct kept *kept;              /* [n_kept] in the order of the pass */
    size_t n_kept, kept_capacity;
    struct attention *attentions; /* [n_attentions], in the order of the pass, texts within layers */
    size_t n_attentions, attentions_capacity;
    _Atomic size_t done;                /* readers may look at the first `done` attentions */
    struct interventions interventions; /* owned */
    struct run_mask mask;               /* as given */
    struct position_rule positions;     /* as given, its list in the arena */
    size_t *global, n_global;           /* as given, in the arena; NULL: the family's choice */
    size_t capacity;                    /* tokens that an expert takes; 0: the model's */
    struct final_norm finals[STACK_KINDS];
    struct entered entered[STACK_CROSS]; /* of the main stack, of the decoder */
    struct {
        _Atomic(void *) data;
        void (*free)(void *);
    } effects;                          /* owned: what effect/store.c keeps */
    size_t maps_room;                   /* bytes that probabilities may still take (run_inputs.maps) */
    struct past *past;                  /* borrowed while the pass runs, or NULL */
    struct arena *arena;                /* everything kept */
};

void run_free(struct run *run);

/* Err with ERR_NOT_FOUND where the model has no attention at all, and therefore no maps. */
NODISCARD bool run_has_maps(const struct run *run, struct err *err);
/* The attention of a site, or NULL with ERR_NOT_FOUND that says what there is. */
const struct attention *run_attention(const struct run *run, struct site site, struct err *err);
/* Rows [row,row+rows) of the map at a site into out [rows,Tk]. */
NODISCARD bool run_map(const struct run *run, struct site site, struct part part, size_t row, size_t rows, float *out,
                       struct err *err);
/* A kept tensor, or NULL. */
const struct kept *run_kept(const struct run *run, const char *name, enum stack_kind stack, size_t layer);
size_t run_hidden_states(const struct run *run, enum stack_kind stack);              /* how many, the embedding output included */
const float *run_hidden(const struct run *run, enum stack_kind stack, size_t index); /* [rows,E] or NULL */
/* A head's logits for n rows (numbers within text `text`) into out [n,width]. */
NODISCARD bool run_logits(const struct run *run, const struct output_head *head, size_t text, const size_t *rows, size_t n,
                          float *out, struct err *err);
/* The row of the tensor that a head reads for row `row` of a text, [*width_out]; NULL where the run keeps no such tensor. */
const float *run_head_row(const struct run *run, const struct output_head *head, size_t text, size_t row, size_t *width_out);
/* The heads whose tensor this run keeps: number i, or NULL behind the last. */
const struct output_head *run_head(const struct run *run, size_t i);
/* The first of them whose rows are the vocabulary; `emd` false: not behind an enhanced mask decoder. NULL: none. */
const struct output_head *run_vocabulary_head(const struct run *run, bool emd);
/* The heads of pairs that the model has: number i, or NULL behind the last; and how many tokens of a text such a head tells of
 * (its values are [n,n]; 0: the text is too short). */
const struct pair_head *run_pair_head(const struct run *run, size_t i);
size_t run_pairs(const struct run *run, const struct pair_head *head, size_t text);
size_t run_kept_bytes(const struct run *run);

enum { TENSOR_NAME = 48 };
/* The name of a tensor of a layer, as it is exported: "hidden.3", "dec_attn.0", "cross_attn.1", "emd_c2p.0", with a side
 * "router.enc.1", without a layer "slopes". */
void tensor_name(enum stack_kind stack, const char *name, const char *side, size_t layer, char out[TENSOR_NAME]);

/* "causal", "window:8" (causal too), "none" → a mask, and back: nothing for the family's own. */
NODISCARD bool run_mask_parse(struct str text, struct run_mask *out, struct err *err);
void run_mask_name(struct run_mask mask, struct buf *out);

/* "probs", "scores", "c2c", "c2c+c2p" → a part; softmax and without take sums of terms. Exactly one of the three may be
 * given, the others n = 0. Errors list the model's terms. */
NODISCARD bool part_parse(const struct term *const *terms, struct str part, struct str softmax, struct str without,
                          struct part *out, struct err *err);
/* "probs", "c2c+c2p", "softmax of c2c" … */
void part_name(const struct term *const *terms, struct part part, struct buf *out);
bool part_is_signed(struct part part); /* scores, logits, edge: a diverging map */

#endif
