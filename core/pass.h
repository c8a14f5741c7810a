/* A forward pass over packed texts, and its doors: embed, attention, layer, finish.
 *
 * Products see all rows, attention loops over texts, there is no padding. Kept memory belongs to the run; scratch is
 * forgotten after the layer. Observers (cancel, progress) and interventions act in the doors and in no architecture.
 *
 * Failure is sticky: after the first one every function here does nothing and gives NULL, so that a layer reads as it
 * stands in the paper. Only where an architecture itself looks into what it was given must it ask `pass_ok` before. */
#ifndef GAZE_CORE_PASS_H
#define GAZE_CORE_PASS_H

#include "core/model.h"
#include "core/run.h"

struct pass {
    struct run *run;
    const struct model *model;
    const struct stack *stack;         /* what is run now: pass_enter */
    const struct tokens *tokens;       /* its queries' axis */
    size_t rows;                       /* of that axis */
    const struct mask *masks;          /* of run->mask, for the texts of axis `masked`; NULL: every key */
    const struct tokens *masked;
    struct arena *arena;               /* for the whole pass */
    struct arena *layer;               /* forgotten when the layer is done */
    size_t layer_used, layer_reserved; /* bytes asked for in this layer; in one piece at most before */
    const struct watch *watch;
    size_t done, total; /* layers of all stacks */
    struct {
        const float *z, *projected; /* the last attention's output, and what a projection made of it */
        size_t first, n;            /* whose: of run->attentions */
    } attended;
    struct {
        const float *y;         /* what the last norm of rows of E gave */
        struct final_norm norm; /* and which it was */
    } normed;
    struct projected {
        struct linear linear; /* as it was: some are made for one call */
        const float *x, *y;
        struct final_norm norm; /* that x is the output of; weight NULL: x is no norm's */
    } projected[8];             /* the last ones */
    size_t n_projected;
    struct err *err;
    bool failed;
};

static inline bool pass_ok(const struct pass *pass)
{
    return !pass->failed;
}
void pass_fail(struct pass *pass, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* From here on: this stack's layers, its queries on this axis. A pass begins with STACK_MAIN over the run's tokens. */
void pass_enter(struct pass *pass, enum stack_kind kind, const struct tokens *tokens);
/* A further axis, which the run takes; NULL (a failed constructor's) fails the pass. */
const struct tokens *pass_axis(struct pass *pass, struct tokens *tokens);

/* Tokens of each text that an earlier pass of this stack has run; those of the pass come behind them. */
size_t pass_before(const struct pass *pass);
/* Is this pass one behind an encoder–decoder's first? Then its encoder has been run. */
bool pass_goes_on(const struct pass *pass);
/* Here what a token gives depends on what follows it, or on the length of its text: fails a pass that has a past. */
void pass_whole(struct pass *pass);

/* [rows,width] floats: until the layer is done; for the whole pass; kept by the run. */
float *pass_scratch(struct pass *pass, size_t width);
void *pass_alloc(struct pass *pass, size_t n, size_t item);
float *pass_keep(struct pass *pass, size_t width);
/* Memory of the run for what attentions need besides. Not zeroed. */
void *pass_keep_items(struct pass *pass, size_t n, size_t item);

/* Door 1. `hidden` [rows,E] from pass_keep is the embedding output, hidden.0; given back. */
float *pass_embed(struct pass *pass, float *hidden);

/* Door 2. z [rows, H·D] from the queries, keys and values of all texts. Views cover all rows of their axes; scale, terms,
 * cap, sink, mix and own as in struct attention. */
struct attend {
    enum stack_kind kind; /* of the map: the stack's own, or X */
    size_t layer;
    const struct tokens *keys; /* NULL: the queries' axis */
    struct strided q, k, v;
    const struct second *seconds; /* [n_texts] or NULL */
    float scale, cap;
    const struct term *const *terms; /* NULL: the stack's */
    const struct mask *masks;        /* [n_texts] or NULL: every key */
    const float *sink, *mix_scores, *mix_probs;
    const struct norm *norm; /* a LayerNorm that is taken of x + z·Wo where pass_norm is not handed x; NULL: none */
    const char *odd;         /* as in struct leaving */
    const void *own;         /* one for all texts, or */
    const void *const *owns; /* one a text */
};
float *pass_attention(struct pass *pass, const struct attend *attend);
/* Masks of all texts, for the whole run: query i sees key j where 0 ≤ i−j < window (causal; 0: no window), or
 * |i−j| ≤ reach where not causal. */
const struct mask *pass_causal(struct pass *pass, size_t window);
const struct mask *pass_band(struct pass *pass, size_t reach);

/* Door 3. Layer l is done; `hidden` [rows,E] from pass_keep is its output, hidden.(l+1); given back. */
float *pass_layer(struct pass *pass, size_t l, float *hidden);
/* Door 3 in two, where hidden states are not one a layer: hidden.index is there, [rows,E] from pass_keep, given back; a
 * layer is done, its scratch is forgotten. */
float *pass_state(struct pass *pass, size_t index, float *hidden);
void pass_layer_done(struct pass *pass);
/* Door 4, where stack.finished: what the final norm gives takes the last hidden state's place; given back. */
float *pass_finish(struct pass *pass, float *hidden);
/* The same where it is of another width: [rows,width]. */
float *pass_finish_as(struct pass *pass, float *hidden, size_t width);

/* A tensor for the run to keep, by name: shape[0] rows of the pass's axis. The data must last as long as the run. */
void pass_kept(struct pass *pass, const char *name, const char *side, size_t layer, const struct dtype *dtype, const void *data,
               size_t width, const char *axis);

/* The same for n numbers that are no tokens': one a head, of the whole pass: "slopes". */
void pass_kept_list(struct pass *pass, const char *name, const float *data, size_t n, const char *axis);

/* f(x·Wᵀ + b) for all rows, texts of one kernel class together: scratch, or into y. activation NULL: f is x. */
float *pass_linear(struct pass *pass, const struct linear *linear, const float *x, const struct activation *activation);
void pass_linear_to(struct pass *pass, const struct linear *linear, const float *x, const struct activation *activation, float *y);
void pass_linears(struct pass *pass, const struct linear_out *outs, size_t n, const float *x, size_t x_stride);
/* Rows of the pass that changes may act on, [rows,width]: hidden states and what pass_lookup, pass_norm and pass_rms give pass by
 * of themselves; what a family makes otherwise it hands here. Rows of another width than E are left alone. Given back. */
float *pass_by(struct pass *pass, enum rows_kind kind, float *x, size_t width);
/* y = norm(x + residual) over rows; residual may be NULL, y may be x; given back. */
float *pass_norm(struct pass *pass, const struct norm *norm, const float *x, const float *residual, float *y);
/* y = norm(x) of the root mean square, x/√(mean x² + eps)·(weight + add), over rows of E; y may be x; given back. */
float *pass_rms(struct pass *pass, const struct norm *norm, const float *x, float add, float *y);
/* down(act(up(x))), the feed-forward, into y; y NULL: scratch. */
float *pass_feed_forward(struct pass *pass, const struct linear *up, const struct linear *down, const float *x,
                         const struct activation *activation, float *y);
/* down(act(gate(x)) · up(x)), the gated one; scratch. */
float *pass_gated(struct pass *pass, const struct linear *gate, const struct linear *up, const struct linear *down,
                  const float *x, const struct activation *activation);
/* y is what that norm gave: for those who take it without pass_norm. */
void pass_saw_norm(struct pass *pass, const struct norm *norm, const float *y);
/* y = x + f: a residual of rows of E, kept. */
float *pass_residual(struct pass *pass, const float *x, const float *f);
/* out[r] (+)= table[index[r]] for all rows; an index outside the table is an error that names `what`; given back. */
float *pass_lookup(struct pass *pass, const struct tensor *table, const int32_t *index, const char *what, float *out);
float *pass_lookup_add(struct pass *pass, const struct tensor *table, const int32_t *index, const char *what, float *out);
/* x, which pass_lookup gave, times a number; given back. */
float *pass_lookup_times(struct pass *pass, float times, float *x);
/* Token types for a table of n rows: where it has but one, that row, whatever the tokenizer says. */
const int32_t *pass_types(struct pass *pass, size_t n);
int32_t *pass_zeros(struct pass *pass); /* an index of 0 for every row, for the whole pass */

/* The encoder block that BERT, RoBERTa, DistilBERT and DeBERTa share before and after their attention (post-norm):
 * x' = norm(x + z·Wo), y = norm(x' + down(act(up(x')))). */
struct block {
    struct linear q, k, v, o, up, down;
    struct norm attention_norm, output_norm;
};
void pass_block_begin(struct pass *pass, const struct block *block, const float *x,
                      struct attend *attend); /* q, k, v of x, kept, into attend's views */
float *pass_block_end(struct pass *pass, const struct block *block, const float *x, const float *z); /* y, kept */

#endif
