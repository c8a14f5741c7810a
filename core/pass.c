/* The doors of a forward pass. See pass.h; what passes share beside them is in pass_parts.c. */
#include "core/pass.h"

#include "core/past.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cancel.h"

void pass_fail(struct pass *pass, enum err_code code, const char *format, ...)
{
    if (pass->failed)
        return;
    char message[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    err_set(pass->err, code, "%s", message);
    pass->failed = true;
}

void pass_enter(struct pass *pass, enum stack_kind kind, const struct tokens *tokens)
{
    pass->stack = &pass->model->stacks[kind];
    pass->tokens = tokens;
    pass->rows = tokens ? tokens->rows : 0;
}

const struct tokens *pass_axis(struct pass *pass, struct tokens *tokens)
{
    struct run *run = pass->run;
    if (tokens && run->n_axes < MAX_AXES) {
        run->axes[run->n_axes++] = tokens;
        return tokens;
    }
    if (tokens)
        pass_fail(pass, ERR_LIMIT, "more than %d token axes", MAX_AXES);
    tokens_free(tokens);
    pass->failed = true;
    return NULL;
}

/* ---- memory ---- */

static void *items(struct pass *pass, struct arena *arena, size_t n, size_t item, const char *what)
{
    void *p = pass->failed ? NULL : arena_alloc(arena, n, item, what, pass->err);
    pass->failed |= !p;
    return p;
}

static size_t floats_of(struct pass *pass, size_t width)
{
    size_t n = 0;
    if (!size_mul(pass->rows, width, &n)) {
        err_memory(pass->err, SIZE_MAX, "a forward pass");
        pass->failed = true;
    }
    return n;
}

float *pass_scratch(struct pass *pass, size_t width)
{
    size_t n = floats_of(pass, width);
    pass->layer_used += n * sizeof(float) + 64;
    return items(pass, pass->layer, n, sizeof(float), "a forward pass");
}

void *pass_alloc(struct pass *pass, size_t n, size_t item)
{
    return items(pass, pass->arena, n, item, "a forward pass");
}

float *pass_keep(struct pass *pass, size_t width)
{
    return items(pass, pass->run->arena, floats_of(pass, width), sizeof(float), "a run");
}

void *pass_keep_items(struct pass *pass, size_t n, size_t item)
{
    return items(pass, pass->run->arena, n, item, "a run");
}

/* The next layer's scratch lies where this one's did, in one piece: fresh pages for every layer would cost a tenth of it. */
static void forget_layer(struct pass *pass)
{
    if (pass->layer_used > pass->layer_reserved) {
        arena_free(pass->layer);
        pass->layer = arena_new(pass->err);
        pass->failed |= !pass->layer || !arena_reserve(pass->layer, pass->layer_used, pass->err);
        pass->layer_reserved = pass->layer_used;
    } else {
        arena_reset(pass->layer);
    }
    pass->layer_used = 0;
}

/* ---- what is kept by name ---- */

static void keep(struct pass *pass, struct kept kept)
{
    struct run *run = pass->run;
    if (pass->failed ||
        !mem_grow((void **)&run->kept, &run->kept_capacity, run->n_kept + 1, sizeof *run->kept, "a run", pass->err)) {
        pass->failed = true;
        return;
    }
    kept.stack = pass->stack->kind;
    run->kept[run->n_kept++] = kept;
}

void pass_kept(struct pass *pass, const char *name, const char *side, size_t layer, const struct dtype *dtype, const void *data,
               size_t width, const char *axis)
{
    keep(pass, (struct kept){
                   .name = name,
                   .side = side,
                   .layer = layer,
                   .tokens = pass->tokens,
                   .rank = axis ? 2 : 1,
                   .shape = {pass->rows, axis ? width : 1, 1},
                   .axes = {"token", axis},
                   .dtype = dtype,
                   .data = data,
               });
}

void pass_kept_list(struct pass *pass, const char *name, const float *data, size_t n, const char *axis)
{
    keep(pass, (struct kept){
                   .name = name,
                   .layer = NO_LAYER,
                   .rank = 1,
                   .shape = {n, 1, 1},
                   .axes = {axis},
                   .dtype = &DTYPE_F32,
                   .data = data,
               });
}

static float *state_of(struct pass *pass, size_t index, float *hidden, size_t width)
{
    if (!pass->failed && cancel_requested())
        pass_fail(pass, ERR_CANCELLED, "cancelled");
    if (pass->failed)
        return NULL;
    intervene_hidden(&pass->run->interventions, pass->stack->kind, index, hidden, pass->rows, width);
    pass_by(pass, ROWS_HIDDEN, hidden, width);
    pass_kept(pass, "hidden", NULL, index, &DTYPE_F32, hidden, width, "dim");
    return pass->failed ? NULL : hidden;
}

float *pass_state(struct pass *pass, size_t index, float *hidden)
{
    if (!pass->failed && index > 0)
        intervene_layer(&pass->run->interventions, pass->stack->kind, pass->tokens, index - 1, hidden, pass->model->E);
    return state_of(pass, index, hidden, pass->model->E);
}

/* ---- the doors ---- */

float *pass_embed(struct pass *pass, float *hidden)
{
    struct entered *entered = pass->stack->kind < STACK_CROSS ? &pass->run->entered[pass->stack->kind] : NULL;
    if (entered && !entered->done && hidden && hidden == pass->normed.y)
        entered->norm = pass->normed.norm;
    if (entered)
        entered->done = true;
    return pass_state(pass, 0, hidden);
}

float *pass_layer(struct pass *pass, size_t l, float *hidden)
{
    bool listed = !pass->stack->finished || l + 1 < pass->stack->layers;
    if (listed)
        pass_state(pass, l + 1, hidden);
    else if (!pass->failed)
        intervene_layer(&pass->run->interventions, pass->stack->kind, pass->tokens, l, hidden, pass->model->E);
    pass_layer_done(pass);
    return pass->failed ? NULL : hidden;
}

void pass_layer_done(struct pass *pass)
{
    if (pass->failed)
        return;
    /* What this layer kept is complete: readers may look at it. */
    atomic_store_explicit(&pass->run->done, pass->run->n_attentions, memory_order_release);
    pass->done++;
    if (pass->watch && pass->watch->progress)
        pass->watch->progress(pass->watch->context, pass->done, pass->total);
    forget_layer(pass);
}

float *pass_finish(struct pass *pass, float *hidden)
{
    return pass_finish_as(pass, hidden, pass->model->E);
}

float *pass_finish_as(struct pass *pass, float *hidden, size_t width)
{
    assert(pass->stack->finished);
    if (hidden && hidden == pass->normed.y)
        pass->run->finals[pass->stack->kind] = pass->normed.norm;
    return state_of(pass, pass->stack->layers, hidden, width);
}

static struct strided rows_of(struct strided view, size_t row)
{
    if (view.data)
        view.data += row * view.row;
    return view;
}

/* The attention of one text, as its terms see it. */
static struct attention attention_of(const struct pass *pass, const struct attend *attend, const struct mask *masks, size_t t,
                                     float *z)
{
    const struct stack *stack = &pass->model->stacks[attend->kind];
    const struct layer_shape *shape = &stack->shape[attend->layer];
    const struct tokens *queries = pass->tokens, *keys = attend->keys ? attend->keys : queries;
    size_t of = keys->n_texts == 1 ? 0 : t; /* one source may be all texts' */
    size_t q = queries->starts[t], k = keys->starts[of], width = shape->H * shape->D;
    return (struct attention){
        .stack = stack,
        .layer = attend->layer,
        .text = t,
        .queries = queries,
        .keys = keys,
        .Tq = tokens_length(queries, t),
        .Tk = tokens_length(keys, of),
        .H = shape->H,
        .Hkv = shape->Hkv,
        .D = shape->D,
        .q = rows_of(attend->q, q),
        .k = rows_of(attend->k, k),
        .v = rows_of(attend->v, k),
        .z = {z + q * width, width, shape->D},
        .second = attend->seconds ? attend->seconds[t] : (struct second){0},
        .scale = attend->scale,
        .terms = attend->terms ? attend->terms : stack->terms,
        .mask = masks ? masks[t] : (struct mask){0},
        .cap = attend->cap,
        .sink = attend->sink,
        .mix_scores = attend->mix_scores,
        .mix_probs = attend->mix_probs,
        .own = attend->owns ? attend->owns[t] : attend->own,
        .leaving = {.norm = attend->norm, .odd = attend->odd},
        .change = pass->run->interventions.n ? intervene_probs : NULL,
        .drops = pass->run->interventions.n ? intervene_drops : NULL,
        .change_context = &pass->run->interventions,
    };
}

static const struct mask *masks_of(struct pass *pass, bool causal, size_t window, size_t reach)
{
    size_t n = pass->tokens ? pass->tokens->n_texts : 0;
    struct mask *masks = pass_keep_items(pass, n, sizeof *masks);
    for (size_t t = 0; masks && t < n; t++) {
        size_t T = pass_before(pass) + tokens_length(pass->tokens, t);
        uint32_t *lo = pass_keep_items(pass, T, sizeof *lo), *hi = pass_keep_items(pass, T, sizeof *hi);
        for (size_t i = 0; hi && i < T; i++) {
            size_t back = causal ? window ? window - 1 : T : reach, ahead = causal ? 0 : reach;
            lo[i] = (uint32_t)(i > back ? i - back : 0);
            hi[i] = (uint32_t)(ahead < T - i ? i + ahead + 1 : T);
        }
        masks[t] = (struct mask){.lo = lo, .hi = hi};
    }
    return pass->failed ? NULL : masks;
}

const struct mask *pass_causal(struct pass *pass, size_t window)
{
    return masks_of(pass, true, window, 0);
}

const struct mask *pass_band(struct pass *pass, size_t reach)
{
    return masks_of(pass, false, 0, reach);
}

/* Those of the family, or what the run has in their place. */
static const struct mask *masks_used(struct pass *pass, const struct attend *attend)
{
    struct run_mask mask = pass->run->mask;
    if (mask.rule == MASK_FAMILY || attend->kind == STACK_CROSS)
        return attend->masks;
    if (attend->seconds || (attend->keys && attend->keys != pass->tokens))
        pass_fail(pass, ERR_UNSUPPORTED, "another mask is not for %s: %s", pass->model->arch->name,
                  attend->seconds ? "its global tokens have queries of their own" : "its keys are not its queries' tokens");
    if (mask.rule == MASK_NONE)
        return NULL;
    if (pass->masked != pass->tokens) {
        pass->masks = pass_causal(pass, mask.window);
        pass->masked = pass->tokens;
    }
    return pass->masks;
}

size_t pass_before(const struct pass *pass)
{
    const struct past *past = pass->run->past;
    return past && pass->stack && pass->stack->kind == past->stack ? past->length : 0;
}

bool pass_goes_on(const struct pass *pass)
{
    return pass->run->past && pass->run->past->length > 0;
}

void pass_whole(struct pass *pass)
{
    if (pass->run->past)
        pass_fail(pass, ERR_UNSUPPORTED, "%s runs whole texts alone", pass->model->name);
}

/* Rows of H heads of width D, one behind the other. */
static void put_rows(float *to, struct strided from, size_t rows, size_t H, size_t D)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t h = 0; h < H; h++)
            memcpy(to + (r * H + h) * D, from.data + r * from.row + h * from.step, D * sizeof *to);
}

/* The rows of a text's attention join those of its past: it is over all tokens then, and forwards the new ones. */
static void join_past(struct past *past, struct attention *a)
{
    struct past_layer *at = &past->at[a->text * past->layers + a->layer];
    struct past_rows *rows = &past->rows[a->text];
    size_t before = past->length, width = a->H * a->D, key_width = a->Hkv * a->D;
    put_rows(rows->q + before * width, a->q, a->Tq, a->H, a->D);
    put_rows(at->k + before * key_width, a->k, a->Tk, a->Hkv, a->D);
    put_rows(at->v + before * key_width, a->v, a->Tk, a->Hkv, a->D);
    a->first = before;
    a->Tq += before;
    a->Tk += before;
    a->q = (struct strided){rows->q, width, a->D};
    a->k = (struct strided){at->k, key_width, a->D};
    a->v = (struct strided){at->v, key_width, a->D};
    a->z = (struct strided){rows->z, width, a->D};
}

/* The projection whose rows hold that view, or NULL. */
static const struct projected *projection_of(const struct pass *pass, struct strided view)
{
    enum { MOST = sizeof pass->projected / sizeof *pass->projected };
    for (size_t i = 0; i < MOST && i < pass->n_projected; i++) {
        const struct projected *p = &pass->projected[(pass->n_projected - 1 - i) % MOST];
        if (view.data && view.data >= p->y && view.data < p->y + p->linear.out)
            return p;
    }
    return NULL;
}

static const struct qk_made *see_made(struct pass *pass, const struct attend *attend)
{
    const struct projected *q = projection_of(pass, attend->q), *k = projection_of(pass, attend->k);
    struct qk_made *made = q && k && q->x == k->x ? pass_keep_items(pass, 1, sizeof *made) : NULL;
    const struct kept *hidden = made ? run_kept(pass->run, "hidden", pass->stack->kind, attend->layer) : NULL;
    if (!made)
        return NULL;
    *made = (struct qk_made){q->linear, k->linear, (size_t)(attend->q.data - q->y), (size_t)(attend->k.data - k->y), q->norm};
    if (hidden && hidden->data == q->x) /* the norm that gave it is the layer's before */
        made->norm.norm.weight = NULL;
    return made;
}

/* Where there is room, the probabilities stay as the pass makes them; those of mixed heads are not made head by head. */
static bool keep_probs(struct pass *pass, struct attention *a)
{
    size_t n, bytes;
    if (a->first || a->mix_scores || a->mix_probs || !size_mul(a->Tq, a->Tk, &n) || !size_mul(n, a->H * sizeof(float), &bytes) ||
        bytes > pass->run->maps_room)
        return true;
    pass->run->maps_room -= bytes;
    a->probs = pass_keep_items(pass, n * a->H, sizeof(float));
    return a->probs != NULL;
}

float *pass_attention(struct pass *pass, const struct attend *attend)
{
    struct run *run = pass->run;
    const struct stack *stack = &pass->model->stacks[attend->kind];
    size_t n = pass->tokens ? pass->tokens->n_texts : 0;
    const struct mask *masks = masks_used(pass, attend);
    const struct qk_made *made = see_made(pass, attend);
    assert(attend->layer < stack->layers);
    float *z = pass_keep(pass, stack->shape[attend->layer].H * stack->shape[attend->layer].D);
    if (!z)
        return NULL;
    assert(run->n_attentions + n <= run->attentions_capacity);
    struct attention *first = &run->attentions[run->n_attentions];
    for (size_t t = 0; t < n; t++) {
        first[t] = attention_of(pass, attend, masks, t, z);
        first[t].made = made;
        if (run->past && attend->kind == run->past->stack)
            join_past(run->past, &first[t]);
        intervene_attention(&run->interventions, &first[t]);
        if (!keep_probs(pass, &first[t]))
            return NULL;
    }
    if (!attention_forward(first, n, pass->err)) {
        pass->failed = true;
        return NULL;
    }
    for (size_t t = 0; t < n; t++) {
        const struct attention *a = &first[t];
        size_t width = a->H * a->D;
        if (run->past && attend->kind == run->past->stack)
            memcpy(z + pass->tokens->starts[t] * width, a->z.data + a->first * width, (a->Tq - a->first) * width * sizeof *z);
    }
    for (size_t t = 0; t < n; t++)
        intervene_output(&run->interventions, &first[t]);
    pass->attended.z = z;
    pass->attended.projected = NULL;
    pass->attended.first = run->n_attentions;
    pass->attended.n = n;
    run->n_attentions += n;
    return z;
}
