/* One place where a softmax over keys is taken, for every architecture: logits are a sum of named terms.
 *
 *   scores = cap(mix_scores · Σ terms)      before any mask; mixing and capping only where the model does it
 *   probs  = mix_probs · softmax(scores + mask)      a learned sink stands beside the keys where the model has one
 *   z      = probs · v
 *
 * Nothing [T,T] is kept, but where a pass was told to: any rows of any map are made again, by the same code on the same blocks,
 * from the queries and keys that the run keeps. */
#ifndef GAZE_CORE_ATTENTION_H
#define GAZE_CORE_ATTENTION_H

#include "core/stack.h"
#include "core/tokens.h"

/* Heads side by side in rows: element (t, head, d) is at data[t·row + head·step + d]. */
struct strided {
    float *data;
    size_t row, step;
};

struct linear;
struct norm;
struct attention;
struct qk_made;
struct scratch; /* memory of the calling thread, see scratch_floats */

/* A named summand of the logits: a const object beside the architecture that declares it. */
struct term {
    const char *name, *summary; /* "c2p", "content query · position key" */
    /* Add this term's logits of query rows [row, row+rows) to out [rows,Tk]; scaled as they enter the softmax. */
    bool (*logits)(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                   struct err *err);
    /* The same for what of it goes by i−j, whatever queries and keys it takes beside (measure/column.h: its column part is
     * an edge, and what the contents of queries or keys make of one); NULL: nothing. */
    bool (*edge)(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                 struct err *err);
    /* The logit of a key that lies `ahead` of its query (j−i), where the term is a number of that alone; NULL: it is not. */
    float (*ahead)(const struct attention *a, size_t head, long ahead);
};
enum { MAX_TERMS = 8 };

/* Which keys a query sees; all NULL: every key. */
struct mask {
    const uint32_t *lo, *hi;     /* [Tq] keys in [lo,hi) */
    const unsigned char *bitmap; /* [Tq, ceil(Tk/8)] bit set: visible; or NULL */
};

/* Queries, keys and values of their own for some query rows (global tokens). */
struct second {
    const unsigned char *rows; /* [Tq] 1: this query uses them; NULL: none does */
    struct strided q, k, v;
};

/* How the layer goes on from its heads' output z, as the pass saw it. */
struct leaving {
    const struct linear *o;  /* z·Wo + bo; NULL: no projection took z alone */
    const struct norm *norm; /* the LayerNorm taken of x + z·Wo + bo, x the layer's input (post-norm); NULL: none */
    const char *odd;         /* NULL, or why what is made of z·Wo + bo is not x + z·Wo + bo */
};

/* Maps that were made elsewhere and are read, not made again: [H,Tq,Tk] each, NULL: not there. */
struct given_maps {
    const float *probs, *scores; /* probs are there */
    const float *terms[MAX_TERMS]; /* beside a->terms, whose `logits` are never called */
};

struct attention {
    const struct stack *stack; /* its kind, and whose layer this is */
    size_t layer, text;
    const struct tokens *queries, *keys; /* labels follow the map, not the run */
    size_t Tq, Tk, H, Hkv, D;            /* query head h reads key/value head h / (H / Hkv) */
    size_t first;                        /* queries before it were run by an earlier pass: a forward leaves them out */
    struct strided q, k, v, z;           /* of this text; as multiplied: after biases, norms and rotary */
    struct second second;
    float scale;                     /* multiplies every product of the terms */
    const struct term *const *terms; /* those that exist here under this configuration, NULL-ended */
    struct mask mask;
    float cap;                           /* 0, or scores = cap·tanh(Σ terms / cap) */
    const float *sink;                   /* [H] a logit beside the keys of each query, or NULL: rows then sum to less than 1 */
    const float *mix_scores, *mix_probs; /* [H,H] out,in or NULL: talking heads, before and after the softmax */
    const void *own;                     /* what its terms need besides: position keys, bias table */
    struct leaving leaving;
    float *probs; /* [H,Tq,Tk] as the pass made them, or NULL: they are made again */
    const struct qk_made *made; /* what its queries and keys were projected from, as the pass saw it (run.h), or NULL */
    const struct given_maps *given;          /* NULL, or what maps are read from: there are no queries, keys and values then */
    /* Changes probabilities as they are made, for pass and maps alike; NULL: nothing does. */
    void (*change)(const void *context, const struct attention *a, size_t head, size_t row, size_t rows, float *probs);
    unsigned (*drops)(const void *context, const struct attention *a, size_t head); /* bit t: term t is left out of that head */
    const void *change_context;
};

/* What of a map is wanted; resolved here for all architectures. */
enum part_kind {
    PART_PROBS,   /* as used */
    PART_SCORES,  /* what enters the softmax, without any mask */
    PART_LOGITS,  /* a sum of terms */
    PART_SOFTMAX, /* the softmax of a sum of terms, masked as the map is */
    PART_EDGE,    /* what of a sum of terms depends on relative position alone: every query and every key is the mean one */
    PART_EDGE_QUERIES, /* the same with the queries as they are: beside the edge, what their content makes of places */
    PART_EDGE_KEYS,    /* the same with the keys as they are */
    PART_EFFECT   /* what the map does; needs the run: run_map alone makes it */
};
struct part {
    enum part_kind kind;
    unsigned terms; /* bit t: term t, for LOGITS, SOFTMAX, EDGE…; of EFFECT: which (effect/effect.h). Bits from MAX_TERMS up, of
                       LOGITS and SOFTMAX: parts of the content (effect/split.h), which run_map alone makes */
};

size_t attention_terms(const struct attention *a); /* how many */
/* Bit t: term t is left out of the scores of this head (an intervention). */
unsigned attention_dropped(const struct attention *a, size_t head);
/* Are there scores? Not where only probabilities were given. */
bool attention_has_scores(const struct attention *a);
/* Rows [row,row+rows) of one head's map into out [rows,Tk]. Masked entries of PROBS and SOFTMAX are 0; of the others
 * they are what the terms give. Call on any thread. */
NODISCARD bool attention_map(const struct attention *a, size_t head, struct part part, size_t row, size_t rows, float *out,
                             struct err *err);
/* logits [rows,Tk] of query rows [row,row+rows) become probabilities: masked, beside sinks, changed as the pass changed them. Of heads
 * that are neither mixed nor capped. */
void attention_softmax(const struct attention *a, size_t head, size_t row, size_t rows, float *logits);
/* Fill a->z for all heads of all the attentions (one a text). Runs on the pool. */
NODISCARD bool attention_forward(struct attention *attentions, size_t n, struct err *err);
/* Is key j hidden from query i? */
bool attention_masked(const struct attention *a, size_t i, size_t j);

/* At least n floats that stay valid until the calling term returns; NULL with ERR_MEMORY. Slots 0 and 1. */
float *scratch_floats(struct scratch *scratch, int slot, size_t n, struct err *err);

/* out [rows,Tk] += scale · Q_h·K_hᵀ: the content term that nearly every architecture has. */
bool term_content_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err);
extern const struct term term_content; /* "content" */

#endif
