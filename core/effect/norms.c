/* Norm-based analysis (Kobayashi et al. 2020, 2021): not how much a head looks at a key, but how long the vector is that it
 * adds from there.
 *
 *   norms            ‖α_ij·f_h(x_j)‖                             one head
 *   norms_layer      ‖Σ_h α_ij·f_h(x_j)‖                         all heads of a layer together
 *   norms_residual   the same, x_i added at j = i
 *   norms_layernorm  each of those vectors through the LayerNorm behind it: less its own mean, over √(var + eps) of the whole
 *                    vector x_i + Σ_j … + b_O, times γ; b_O and β are no key's (post-norm layers; before a pre-norm layer's
 *                    heads the norm is within f already)
 *
 * f_h(x_j) = (x_j·W_V + b_V)·W_O^h, b_V included as in the published code of 2020. */
#include "core/effect/effect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/effect/leave.h"

static double norm_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

static bool any_second(const struct attention *a)
{
    for (size_t i = 0; a->second.rows && i < a->Tq; i++)
        if (a->second.rows[i])
            return true;
    return false;
}

/* ---- one head ---- */

static bool add_norms(const struct attention *a, size_t head, bool second, float *room, double *norms, struct err *err)
{
    size_t E = leave_width(a);
    if (!leave_vectors(a, head, second, room, err))
        return false;
    for (size_t j = 0; j < a->Tk; j++)
        norms[j] = norm_of(room + j * E, E);
    return true;
}

static bool make_head(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)
{
    (void)run;
    if (!leave_known(a, err) || !attention_map(a, head, (struct part){.kind = PART_PROBS}, 0, a->Tq, out, err))
        return false;
    float *room = mem_new(a->Tk * leave_width(a), sizeof *room, "values of a head", err);
    double *norms = mem_new(2 * a->Tk, sizeof *norms, "norms of values", err);
    bool ok = room && norms && add_norms(a, head, false, room, norms, err) &&
              (!any_second(a) || add_norms(a, head, true, room, norms + a->Tk, err));
    for (size_t i = 0; ok && i < a->Tq; i++) {
        const double *of = a->second.rows && a->second.rows[i] ? norms + a->Tk : norms;
        for (size_t j = 0; j < a->Tk; j++)
            out[i * a->Tk + j] = (float)(fabs((double)out[i * a->Tk + j]) * of[j]);
    }
    free(room);
    free(norms);
    return ok;
}

/* ---- a layer ---- */

enum with { WITH_HEADS, WITH_RESIDUAL, WITH_NORM };

/* What is the same for all keys of a layer. */
struct layer {
    const struct attention *a;
    enum with with;
    size_t E;
    float *probs;       /* [H,Tq,Tk] */
    float *x;           /* [T,E] the residual, or NULL */
    double *deviation;  /* [T] √(var + eps) of the whole vector, or NULL */
    const float *gamma; /* [E] with `deviation` */
    float *z, *f;       /* [H, H·D] and [H,E] of the key at work */
    double *gram;       /* [H,H] of f, or of what the norm makes of it */
    float *own;         /* [E] */
};

static void layer_free(struct layer *y)
{
    free(y->probs);
    free(y->x);
    free(y->deviation);
    free(y->z);
    free(y->f);
    free(y->gram);
    free(y->own);
}

static bool make_deviation(const struct run *run, struct layer *y, struct err *err)
{
    size_t T = y->a->Tq, E = y->E;
    if (!y->a->leaving.norm)
        return err_set(err, ERR_UNSUPPORTED,
                       "%c%zu: no LayerNorm follows the heads' sum with the residual (a pre-norm layer: its norm is within f; take "
                       "residual)",
                       stack_letters[y->a->stack->kind], y->a->layer);
    float *sum = mem_new(T * E, sizeof *sum, "a layer's output", err);
    y->deviation = mem_new(T, sizeof *y->deviation, "a layer's output", err);
    y->gamma = y->a->leaving.norm->weight;
    bool ok = sum && y->deviation && leave_sum(y->a, y->x, sum, err);
    for (size_t i = 0; ok && i < T; i++) {
        double mean = 0, var = 0;
        for (size_t e = 0; e < E; e++)
            mean += (double)sum[i * E + e] / (double)E;
        for (size_t e = 0; e < E; e++)
            var += ((double)sum[i * E + e] - mean) * ((double)sum[i * E + e] - mean) / (double)E;
        y->deviation[i] = sqrt(var + (double)run->model->norm_eps);
    }
    free(sum);
    return ok;
}

static bool layer_new(const struct run *run, const struct attention *a, enum with with, struct layer *y, struct err *err)
{
    size_t n;
    *y = (struct layer){.a = a, .with = with};
    if (!leave_known(a, err))
        return false;
    if (!size_mul(a->H * a->Tq, a->Tk, &n))
        return err_set(err, ERR_LIMIT, "maps of %zu × %zu are too large", a->Tq, a->Tk);
    y->E = leave_width(a);
    y->probs = mem_new(n, sizeof *y->probs, "a layer's maps", err);
    y->z = mem_new(a->H * a->leaving.o->in, sizeof *y->z, "values of a key", err);
    y->f = mem_new(a->H * y->E, sizeof *y->f, "values of a key", err);
    y->gram = mem_new(a->H * a->H, sizeof *y->gram, "values of a key", err);
    y->own = mem_new(y->E, sizeof *y->own, "values of a key", err);
    if (!y->probs || !y->z || !y->f || !y->gram || !y->own)
        return false;
    for (size_t h = 0; h < a->H; h++)
        if (!attention_map(a, h, (struct part){.kind = PART_PROBS}, 0, a->Tq, y->probs + h * a->Tq * a->Tk, err))
            return false;
    if (with == WITH_HEADS)
        return true;
    y->x = mem_new(a->Tq * y->E, sizeof *y->x, "hidden states", err);
    return y->x && leave_residual(run, a, y->x, err) && (with != WITH_NORM || make_deviation(run, y, err));
}

/* The linear part of the LayerNorm, without the division: less its mean, times γ. In place. */
static void centre(const struct layer *y, float *x)
{
    double mean = 0;
    for (size_t e = 0; e < y->E; e++)
        mean += (double)x[e] / (double)y->E;
    for (size_t e = 0; e < y->E; e++)
        x[e] = (float)(((double)x[e] - mean) * (y->gamma ? (double)y->gamma[e] : 1));
}

/* f of key j, by all heads, and the products of its vectors with each other: ‖Σ_h w_h·f_h‖² = wᵀ·gram·w. */
static bool take_key(struct layer *y, size_t j, bool second, struct err *err)
{
    const struct attention *a = y->a;
    const struct strided *v = second ? &a->second.v : &a->v;
    size_t width = a->leaving.o->in, H = a->H;
    for (size_t h = 0; h < H; h++)
        memcpy(y->z + h * width + h * a->D, v->data + j * v->row + h / (H / a->Hkv) * v->step, a->D * sizeof *y->z);
    if (!leave_project(a, y->z, H, y->f, err))
        return false;
    for (size_t h = 0; y->with == WITH_NORM && h < H; h++)
        centre(y, y->f + h * y->E);
    for (size_t g = 0; g < H; g++)
        for (size_t h = g; h < H; h++) {
            double sum = 0;
            for (size_t e = 0; e < y->E; e++)
                sum += (double)y->f[g * y->E + e] * (double)y->f[h * y->E + e];
            y->gram[g * H + h] = y->gram[h * H + g] = sum;
        }
    return true;
}

/* ‖Σ_h α_ij·f_h(x_j)‖ from the products. */
static double mixed_norm(const struct layer *y, size_t i, size_t j)
{
    size_t H = y->a->H, T = y->a->Tk, step = y->a->Tq * T;
    const float *w = y->probs + i * T + j;
    double sum = 0;
    for (size_t g = 0; g < H; g++)
        for (size_t h = 0; h < H; h++)
            sum += (double)w[g * step] * (double)w[h * step] * y->gram[g * H + h];
    return sqrt(fmax(sum, 0));
}

/* The same for j = i with the residual. */
static double own_norm(struct layer *y, size_t i)
{
    size_t H = y->a->H, T = y->a->Tk, step = y->a->Tq * T;
    memcpy(y->own, y->x + i * y->E, y->E * sizeof *y->own);
    if (y->with == WITH_NORM)
        centre(y, y->own);
    for (size_t h = 0; h < H; h++)
        for (size_t e = 0; e < y->E; e++)
            y->own[e] += y->probs[h * step + i * T + i] * y->f[h * y->E + e];
    return norm_of(y->own, y->E);
}

static bool fill(struct layer *y, bool second, float *out, struct err *err)
{
    const struct attention *a = y->a;
    for (size_t j = 0; j < a->Tk; j++) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!take_key(y, j, second, err))
            return false;
        for (size_t i = 0; i < a->Tq; i++) {
            if (a->second.rows && (a->second.rows[i] != 0) != second)
                continue;
            double norm = i == j && y->x ? own_norm(y, i) : mixed_norm(y, i, j);
            out[i * a->Tk + j] = (float)(y->deviation ? norm / y->deviation[i] : norm);
        }
    }
    return true;
}

static bool make_with(const struct run *run, const struct attention *a, enum with with, float *out, struct err *err)
{
    struct layer y;
    bool ok = layer_new(run, a, with, &y, err) && fill(&y, false, out, err) && (!any_second(a) || fill(&y, true, out, err));
    layer_free(&y);
    return ok;
}

static bool make_layer(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)
{
    (void)head;
    return make_with(run, a, WITH_HEADS, out, err);
}

static bool make_residual(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)
{
    (void)head;
    return make_with(run, a, WITH_RESIDUAL, out, err);
}

static bool make_layernorm(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)
{
    (void)head;
    return make_with(run, a, WITH_NORM, out, err);
}

const struct effect effect_norms = {
    .name = "norms",
    .summary = "length of what a head adds from a key",
    .formula = "‖α_ij·f_h(x_j)‖, f_h(x) = (x·W_V + b_V)·W_O^h",
    .source = "Kobayashi et al. 2020",
    .make = make_head,
};
const struct effect effect_norms_layer = {
    .name = "norms_layer",
    .summary = "length of what all heads of a layer add from a key",
    .formula = "‖Σ_h α_ij·f_h(x_j)‖",
    .source = "Kobayashi et al. 2020",
    .of_layer = true,
    .make = make_layer,
};
const struct effect effect_norms_residual = {
    .name = "norms_residual",
    .summary = "the same, what the residual keeps with it",
    .formula = "‖Σ_h α_ij·f_h(x_j) + [i = j]·x_i‖",
    .source = "Kobayashi et al. 2021",
    .of_layer = true,
    .make = make_residual,
};
const struct effect effect_norms_layernorm = {
    .name = "norms_layernorm",
    .summary = "the same, behind the LayerNorm",
    .formula = "‖(y_ij - mean(y_ij))/σ_i·γ‖, y_ij = Σ_h α_ij·f_h(x_j) + [i = j]·x_i, σ_i of Σ_j y_ij + b_O",
    .source = "Kobayashi et al. 2021",
    .of_layer = true,
    .make = make_layernorm,
};
