/* BART's trunk. See bart.h, and bart.c for the architecture. */
#include <math.h>

#include "core/arch/bart.h"
#include "core/arch/bert.h"
#include "core/arch/sinusoid.h"

static const struct term *const terms[] = {&term_content, NULL};

/* ---- the forward pass ---- */

static float *embedded(const struct bart *w, const struct bart_ends *ends, struct pass *pass)
{
    size_t E = pass->model->E;
    float *x = pass_lookup(pass, &w->words.table, pass->tokens->ids, "token id", pass_keep(pass, E));
    x = pass_lookup_times(pass, w->scaled ? sqrtf((float)E) : 1, x);
    int32_t *positions =
        w->counted ? bert_counted_positions(pass, (int32_t)w->pad) : pass_alloc(pass, pass->rows, sizeof *positions);
    if (!pass_ok(pass))
        return NULL;
    for (size_t r = 0; r < pass->rows; r++) {
        if (!w->counted)
            positions[r] = pass->tokens->positions[r] + (int32_t)w->offset;
        if (!ends->position.dtype && !w->counted)
            sinusoid_add(positions[r], E, x + r * E);
        else if (!ends->position.dtype && positions[r] != (int32_t)w->pad)
            sinusoid_add_fairseq(positions[r], E, x + r * E);
    }
    if (ends->position.dtype)
        x = pass_lookup_add(pass, &ends->position, positions, "position", x);
    if (ends->embedding.weight)
        x = pass_norm(pass, &ends->embedding, x, NULL, x);
    return pass_embed(pass, x);
}

/* What a part of the layer reads of x: its norm, scratch, where norms stand before; else x. */
static const float *before(const struct bart *w, struct pass *pass, const struct norm *norm, const float *x)
{
    return w->pre ? pass_norm(pass, norm, x, NULL, pass_scratch(pass, pass->model->E)) : x;
}

/* x + f, and its norm where norms stand behind; into f, given back. */
static float *behind(const struct bart *w, struct pass *pass, const struct norm *norm, const float *x, float *f)
{
    if (!pass_ok(pass))
        return NULL;
    if (!w->pre)
        return pass_norm(pass, norm, f, x, f);
    op_add(f, x, pass->rows * pass->model->E);
    return f;
}

static float *self_attended(const struct bart *w, struct pass *pass, const struct bart_attending *self, size_t l,
                            const struct mask *masks, const float *x)
{
    const float *in = before(w, pass, &self->norm, x);
    size_t D = pass->stack->shape[l].D;
    struct attend attend = {
        .kind = pass->stack->kind,
        .layer = l,
        .q = seq2seq_heads(pass, &self->q, in, D),
        .k = seq2seq_heads(pass, &self->k, in, D),
        .v = seq2seq_heads(pass, &self->v, in, D),
        .scale = 1 / sqrtf((float)D),
        .masks = masks,
    };
    float *z = pass_attention(pass, &attend);
    return behind(w, pass, &self->norm, x, pass_linear(pass, &self->o, z, NULL));
}

static float *fed_forward(const struct bart *w, struct pass *pass, const struct bart_layer *layer, const float *x)
{
    float *y = pass_keep(pass, pass->model->E);
    pass_feed_forward(pass, &layer->up, &layer->down, before(w, pass, &layer->ffn_norm, x), pass->model->activation, y);
    return behind(w, pass, &layer->ffn_norm, x, y);
}

/* The last norm, where there is one. */
static float *finished(const struct bart_ends *ends, struct pass *pass, float *x)
{
    if (!ends->last.weight)
        return x;
    return pass_finish(pass, pass_norm(pass, &ends->last, x, NULL, pass_keep(pass, pass->model->E)));
}

static float *encoder(const struct bart *w, struct pass *pass)
{
    float *x = embedded(w, &w->encoder, pass);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct bart_layer *layer = stack_layer(pass->stack, l);
        float *a = self_attended(w, pass, &layer->self, l, NULL, x);
        x = pass_layer(pass, l, fed_forward(w, pass, layer, a));
    }
    return finished(&w->encoder, pass, x);
}

static void decoder(const struct bart *w, struct pass *pass, struct attend *crosses)
{
    float *y = embedded(w, &w->decoder, pass);
    const struct mask *masks = pass_causal(pass, 0);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct bart_decoder_layer *layer = stack_layer(pass->stack, l);
        float *a = self_attended(w, pass, &layer->own.self, l, masks, y);
        crosses[l].q = seq2seq_heads(pass, &layer->cross.q, before(w, pass, &layer->cross.norm, a), pass->stack->shape[l].D);
        float *z = pass_attention(pass, &crosses[l]);
        a = behind(w, pass, &layer->cross.norm, a, pass_linear(pass, &layer->cross.o, z, NULL));
        y = pass_layer(pass, l, fed_forward(w, pass, &layer->own, a));
    }
    finished(&w->decoder, pass, y);
}

void bart_forward(const struct model *model, struct pass *pass)
{
    const struct bart *w = model->own;
    float scale = 1 / sqrtf((float)model->stacks[STACK_CROSS].shape[0].D);
    const float *encoded = pass_goes_on(pass) ? NULL : encoder(w, pass);
    struct attend *crosses = seq2seq_cross(pass, encoded, offsetof(struct bart_decoder_layer, cross.k),
                                           offsetof(struct bart_decoder_layer, cross.v), scale);
    pass_enter(pass, STACK_DECODER, pass->run->target);
    if (pass_ok(pass))
        decoder(w, pass, crosses);
}

/* ---- configuration ---- */

bool bart_configure(struct model *model, const struct json *config, struct err *err)
{
    const struct bart *w = model->own;
    struct layer_shape encoder, decoder;
    model->E = model->dim['E'];
    model->norm_eps = 1e-5f; /* no key of the reference */
    if (!config_heads(model, "d_model", model->dim['H'], &encoder, err) ||
        !config_heads(model, "d_model", model->dim['G'], &decoder, err) || !seq2seq_start(model, config, w->start, err) ||
        !model_stack(model, STACK_MAIN, model->dim['L'], encoder, terms, err) ||
        !model_stack(model, STACK_DECODER, model->dim['M'], decoder, terms, err) ||
        !model_stack(model, STACK_CROSS, model->dim['M'], decoder, terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->stacks[STACK_DECODER].max_tokens = model->dim['P'];
    model->stacks[STACK_MAIN].finished = model->stacks[STACK_DECODER].finished = w->pre;
    return true;
}
