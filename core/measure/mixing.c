/* How much a layer mixes tokens: the part of what enters token i that comes from the others. (Kobayashi et al. 2020, 2021.)
 *
 *   preserve_i = Σ_h α_ii·f_h(x_i) (+ x_i),  mix_i = Σ_h Σ_{j≠i} α_ij·f_h(x_j),  mean over i of ‖mix_i‖/(‖mix_i‖ + ‖preserve_i‖)
 *
 * Heads are summed before the norm is taken, so the number is the layer's: every head of it has the same. */
#include "core/measure/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/effect/leave.h"

enum with { WITH_HEADS, WITH_RESIDUAL, WITH_NORM };

/* Σ_h α_ii·v_i^h of all heads side by side into out [T, H·D]. */
static bool kept_values(const struct attention *a, float *map, float *out, struct err *err)
{
    size_t width = a->leaving.o->in;
    for (size_t h = 0; h < a->H; h++) {
        if (!attention_map(a, h, (struct part){.kind = PART_PROBS}, 0, a->Tq, map, err))
            return false;
        for (size_t i = 0; i < a->Tq; i++) {
            const struct strided *v = a->second.rows && a->second.rows[i] ? &a->second.v : &a->v;
            const float *value = v->data + i * v->row + h / (a->H / a->Hkv) * v->step;
            for (size_t d = 0; d < a->D; d++)
                out[i * width + h * a->D + d] = map[i * a->Tk + i] * value[d];
        }
    }
    return true;
}

/* The norm of a part, or of what the LayerNorm's linear part makes of it (the deviation is the same above and below). */
static double length(const float *x, size_t E, const struct norm *norm)
{
    double mean = 0, sum = 0;
    for (size_t e = 0; norm && e < E; e++)
        mean += (double)x[e] / (double)E;
    for (size_t e = 0; e < E; e++) {
        double y = ((double)x[e] - mean) * (norm && norm->weight ? (double)norm->weight[e] : 1);
        sum += y * y;
    }
    return sqrt(sum);
}

static bool ratio(const struct run *run, const struct attention *a, enum with with, double *out, struct err *err)
{
    size_t T = a->Tq, E = leave_width(a);
    float *room = mem_new(T * T + 3 * T * E + T * a->leaving.o->in, sizeof *room, "a layer's output", err);
    if (!room)
        return false;
    float *map = room, *preserve = map + T * T, *all = preserve + T * E, *x = all + T * E, *values = x + T * E;
    const struct norm *norm = with == WITH_NORM ? a->leaving.norm : NULL;
    bool ok = kept_values(a, map, values, err) && leave_project(a, values, T, preserve, err) &&
              (with == WITH_HEADS || leave_residual(run, a, x, err)) && leave_heads(a, all, err);
    double sum = 0;
    for (size_t i = 0; ok && i < T; i++) {
        for (size_t e = 0; e < E; e++) {
            all[i * E + e] -= preserve[i * E + e];
            preserve[i * E + e] += with == WITH_HEADS ? 0 : x[i * E + e];
        }
        double mixed = length(all + i * E, E, norm), kept = length(preserve + i * E, E, norm);
        sum += mixed + kept > 0 ? mixed / (mixed + kept) : 0;
    }
    *out = sum / (double)T;
    free(room);
    return ok;
}

/* NaN where what leaves the heads is not known, or the layer is no post-norm one. */
static bool value(const struct measure_input *input, enum with with, double *out, struct err *err)
{
    struct err why = {0};
    const struct attention *a = input->attention;
    *out = NAN;
    if (!leave_known(a, &why) || (with == WITH_NORM && !a->leaving.norm) || ratio(input->run, a, with, out, &why))
        return true;
    *out = NAN;
    if (why.code == ERR_UNSUPPORTED)
        return true;
    if (err)
        *err = why;
    return false;
}

static bool of_heads(const struct measure_input *input, double *out, struct err *err)
{
    return value(input, WITH_HEADS, out, err);
}

static bool with_residual(const struct measure_input *input, double *out, struct err *err)
{
    return value(input, WITH_RESIDUAL, out, err);
}

static bool with_norm(const struct measure_input *input, double *out, struct err *err)
{
    return value(input, WITH_NORM, out, err);
}

const struct measure measure_mixing = {
    .name = "mixing",
    .label = "mixing ratio of the layer",
    .formula = "mean_i of ‖mix_i‖/(‖mix_i‖ + ‖keep_i‖), mix_i = Σ_h Σ_(j≠i) α_ij·f_h(x_j), keep_i = Σ_h α_ii·f_h(x_i)",
    .source = "Kobayashi et al. 2020",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .costly = true,
    .beyond = true,
    .value = of_heads,
};
const struct measure measure_mixing_residual = {
    .name = "mixing_residual",
    .label = "mixing ratio of the layer, with the residual",
    .formula = "mean_i of ‖mix_i‖/(‖mix_i‖ + ‖keep_i‖), keep_i = x_i + Σ_h α_ii·f_h(x_i)",
    .source = "Kobayashi et al. 2021",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .costly = true,
    .beyond = true,
    .value = with_residual,
};
const struct measure measure_mixing_layernorm = {
    .name = "mixing_layernorm",
    .label = "mixing ratio of the layer, behind its LayerNorm",
    .formula = "mean_i of ‖LN(mix_i)‖/(‖LN(mix_i)‖ + ‖LN(keep_i)‖), keep_i = x_i + Σ_h α_ii·f_h(x_i), LN with σ of their sum + b_O",
    .source = "Kobayashi et al. 2021",
    .descending = true,
    .needs = MEASURE_TOKENS,
    .costly = true,
    .beyond = true,
    .value = with_norm,
};
