/* Value zeroing (Mohebbi et al. 2023, §3): what a layer's output at token i loses when token j has no value.
 *
 *   C_ij = 1 − cos(y_i, y_i without j), rows then divided by their sum; a row of zeros stays
 *
 * y is what the whole layer gives, behind its feed-forward and norm, from the layer's own input; v_j is zero in all heads, for
 * every query, and the pattern is as it was; nothing of it goes on to later layers. The diagonal is kept, as published.
 *
 * All layers are one pass over copies of the text: in every layer copy j runs without the value of token j, the last copy is
 * whole; when the layer is done the copies' output is compared with the whole one's, which then takes their place. */
#include "core/effect/effect.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/effect/store.h"
#include "core/forward.h"
#include "core/intervene/intervene.h"

enum { PACKED_ROWS = 4096 }; /* tokens of the copies that one pass holds */

/* One pass: copies of the tokens [from,from+n) and the whole text behind them. */
struct zeroing {
    size_t from, n, Tq, Tk;
    float *maps; /* [layers,Tq,Tk] */
};

static void zero_row(struct strided v, size_t row, size_t H, size_t D)
{
    for (size_t h = 0; v.data && h < H; h++)
        memset(v.data + row * v.row + h * v.step, 0, D * sizeof(float));
}

static void zero_value(const struct intervention *i, struct attention *a)
{
    const struct zeroing *z = i->context;
    if (!intervention_meant(i, a) || a->text >= z->n)
        return;
    zero_row(a->v, z->from + a->text, a->Hkv, a->D);
    zero_row(a->second.v, z->from + a->text, a->Hkv, a->D);
}

static double distance(const float *x, const float *y, size_t n)
{
    double xy = 0, xx = 0, yy = 0;
    if (memcmp(x, y, n * sizeof *x) == 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        xy += (double)x[i] * (double)y[i];
        xx += (double)x[i] * (double)x[i];
        yy += (double)y[i] * (double)y[i];
    }
    return 1 - xy / sqrt(xx * yy);
}

/* A layer is done: what its copies lost, and the whole output for all of them. */
static void compare(const struct intervention *i, const struct tokens *tokens, size_t layer, float *output, size_t E)
{
    const struct zeroing *z = i->context;
    const float *whole = output + tokens->starts[z->n] * E;
    for (size_t c = 0; c < z->n; c++) {
        float *copy = output + tokens->starts[c] * E;
        for (size_t q = 0; q < z->Tq; q++)
            z->maps[(layer * z->Tq + q) * z->Tk + z->from + c] = (float)distance(whole + q * E, copy + q * E, E);
        memcpy(copy, whole, z->Tq * E * sizeof *copy);
    }
}

static const struct intervention_kind kind = {
    .name = "value_zeroing",
    .summary = "copies of a text, each without the value of one token",
    .attention = zero_value,
    .layer = compare,
};

/* A text's encoding n times over; strings stay the first one's. */
static struct encoding *copies_of(const struct encoding *text, size_t n, struct err *err)
{
    struct encoding *copies = mem_new(n, sizeof *copies, "copies of a text", err);
    bool ok = copies != NULL;
    for (size_t c = 0; ok && c < n; c++) {
        ok = encoding_new(&copies[c], text->n, err);
        if (ok)
            memcpy(copies[c].tokens, text->tokens, text->n * sizeof *text->tokens);
    }
    if (ok)
        return copies;
    for (size_t c = 0; copies && c < n; c++)
        encoding_free(&copies[c]);
    free(copies);
    return NULL;
}

static bool run_copies(const struct run *run, const struct attention *a, struct zeroing *z, struct err *err)
{
    size_t n = run->interventions.n;
    struct intervention *all = mem_new(n + 1, sizeof *all, "copies of a text", err);
    struct run_inputs inputs = {
        .n_texts = z->n + 1,
        .interventions = all,
        .n_interventions = n + 1,
        .global = run->global,
        .n_global = run->n_global,
        .mask = run->mask,
        .positions = run->positions.kind == POSITIONS_OWN ? NULL : &run->positions,
        .capacity = run->capacity,
    };
    if (!all)
        return false;
    if (n)
        memcpy(all, run->interventions.at, n * sizeof *all);
    all[n] = (struct intervention){
        .kind = &kind, .layer = SIZE_MAX, .head = SIZE_MAX, .token = SIZE_MAX, .stack = a->stack->kind, .context = z};
    inputs.texts = copies_of(&run->tokens->texts[a->text], inputs.n_texts, err);
    bool ok = inputs.texts != NULL;
    if (ok && run->target) {
        inputs.targets = copies_of(&run->target->texts[a->text], inputs.n_texts, err);
        ok = inputs.targets != NULL;
        for (size_t t = 0; !ok && t < inputs.n_texts; t++)
            encoding_free(&inputs.texts[t]);
    }
    struct run *copy = ok ? run_new((struct model *)run->model, &inputs, NULL, err) : NULL;
    run_free(copy);
    free(inputs.texts);
    free(inputs.targets);
    free(all);
    return copy != NULL;
}

static void normalise_rows(float *maps, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += (double)maps[i * n + j];
        for (size_t j = 0; sum > 0 && j < n; j++)
            maps[i * n + j] = (float)((double)maps[i * n + j] / sum);
    }
}

static bool all_layers(const struct run *run, const struct attention *a, float *maps, struct err *err)
{
    size_t longer = a->Tq > a->Tk ? a->Tq : a->Tk, most = PACKED_ROWS / longer > 2 ? PACKED_ROWS / longer - 1 : 1;
    for (size_t from = 0; from < a->Tk; from += most) {
        struct zeroing z = {from, a->Tk - from < most ? a->Tk - from : most, a->Tq, a->Tk, maps};
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!run_copies(run, a, &z, err))
            return false;
    }
    normalise_rows(maps, a->stack->layers * a->Tq, a->Tk);
    return true;
}

/* Why copies of the text cannot be run, or NULL. */
static const char *refusal(const struct run *run, const struct attention *a)
{
    const struct arch *arch = run->model->arch;
    enum stack_kind layers = a->stack->kind == STACK_CROSS ? STACK_DECODER : a->stack->kind;
    if (a->given || !model_runs(run->model))
        return "these maps were opened without a model that could run again";
    if (arch->entangled)
        return arch->entangled;
    if (layers != STACK_EMD && run_hidden_states(run, layers) != a->stack->layers + 1)
        return "not every layer has a hidden state of its own";
    if (a->first)
        return "the run goes on from another";
    for (size_t i = 0; i < run->interventions.n; i++) {
        const struct intervention_kind *of = run->interventions.at[i].kind;
        if (of->hidden || of->positions || (of->output && run->interventions.at[i].values))
            return "hidden states, outputs or positions of this run were replaced";
    }
    return NULL;
}

static bool make(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)
{
    const char *why = refusal(run, a);
    size_t cells = a->Tq * a->Tk, all;
    (void)head;
    if (why)
        return err_set(err, ERR_UNSUPPORTED, "%c%zu: no value zeroing: %s", stack_letters[a->stack->kind], a->layer, why);
    if (!size_mul(cells, a->stack->layers, &all))
        return err_set(err, ERR_LIMIT, "maps of %zu × %zu are too large", a->Tq, a->Tk);
    struct effect_store *store = effect_store_of(run, err);
    if (!store)
        return false;
    const float *maps = effect_store_open(store, &effect_valuezero, a);
    bool ok = true;
    if (!maps) {
        float *made = mem_new(all, sizeof *made, "value zeroing", err);
        ok = made && all_layers(run, a, made, err) && effect_store_keep(store, &effect_valuezero, a, made, err);
        if (!ok)
            free(made);
        maps = made;
    }
    if (ok)
        memcpy(out, maps + a->layer * cells, cells * sizeof *out);
    effect_store_close(store);
    return ok;
}

const struct effect effect_valuezero = {
    .name = "valuezero",
    .summary = "what a layer's output loses without a token's value",
    .formula = "C_ij = 1 - cos(y_i, y_i with v_j = 0 in all heads), rows divided by their sum",
    .source = "Mohebbi et al. 2023",
    .of_layer = true,
    .distribution = true,
    .make = make,
};
