/* Attention rollout (Abnar and Zuidema 2020, §3): attention followed from layer to layer, half of it left where it is.
 *
 *   Ã_l = rownorm(mean_h A_l + I),  R_0 = Ã_0,  R_l = Ã_l·R_{l−1}
 *
 * The published code adds I and divides by the row's sum, the paper writes 0.5·A + 0.5·I: the same where rows sum to 1. It
 * knows no values and no feed-forward: what mixes is the maps alone. */
#include "core/effect/rollout.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/product/product.h"

/* Ã of one layer into out [T,T]; map [T,T] is room. */
static bool augmented(const struct attention *a, float *map, float *out, struct err *err)
{
    size_t T = a->Tq;
    memset(out, 0, T * T * sizeof *out);
    for (size_t h = 0; h < a->H; h++) {
        if (!attention_map(a, h, (struct part){.kind = PART_PROBS}, 0, T, map, err))
            return false;
        for (size_t i = 0; i < T * T; i++)
            out[i] += map[i] / (float)a->H;
    }
    for (size_t i = 0; i < T; i++) {
        double sum = 0;
        out[i * T + i] += 1;
        for (size_t j = 0; j < T; j++)
            sum += out[i * T + j];
        for (size_t j = 0; j < T; j++)
            out[i * T + j] = (float)(out[i * T + j] / sum);
    }
    return true;
}

/* Has this layer the axis of layer l, with itself? */
static bool same_axis(const struct attention *a, const struct attention *of, const char *effect, struct err *err)
{
    return (a->queries == a->keys && a->Tq == a->Tk && a->queries == of->queries && a->Tq == of->Tq) ||
           err_set(err, ERR_UNSUPPORTED,
                   "%s multiplies maps of tokens with themselves: the queries and keys of %c%zu are not the tokens of %c%zu", effect,
                   stack_letters[a->stack->kind], a->layer, stack_letters[of->stack->kind], of->layer);
}

bool rollout_layer(const struct run *run, const struct attention *of, size_t l, const char *effect, float *room, float *out,
                   struct err *err)
{
    if (of->stack->kind == STACK_CROSS)
        return err_set(err, ERR_UNSUPPORTED,
                       "%s multiplies maps of tokens with themselves: cross-attention goes from the decoder's to the encoder's", effect);
    if (of->stack->kind == STACK_EMD)
        return err_set(err, ERR_UNSUPPORTED,
                       "%s multiplies maps of one stack: an enhanced mask decoder's passes all read the same layer", effect);
    const struct attention *a = run_attention(run, (struct site){of->stack->kind, of->text, l, 0}, err);
    return a && same_axis(a, of, effect, err) && augmented(a, room, out, err) &&
           (!cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled"));
}

static bool make(const struct run *run, const struct attention *of, size_t head, float *out, struct err *err)
{
    size_t T = of->Tq, cells = T * T;
    (void)head;
    float *room = mem_new(3 * cells, sizeof *room, "rolled out attention", err);
    bool ok = room != NULL;
    for (size_t l = 0; ok && l <= of->layer; l++) {
        float *layer = room, *map = room + cells, *before = room + 2 * cells;
        ok = rollout_layer(run, of, l, "rollout", map, layer, err);
        if (!ok)
            break;
        if (l == 0) {
            memcpy(out, layer, cells * sizeof *out);
            continue;
        }
        memcpy(before, out, cells * sizeof *out);
        product_ab(T, T, T, 1, layer, T, before, T, false, out, T);
    }
    free(room);
    return ok;
}

const struct effect effect_rollout = {
    .name = "rollout",
    .summary = "attention followed down to the tokens of the first layer",
    .formula = "R_l = Ã_l·R_(l-1), Ã_l = rownorm(mean_h A_l + I)",
    .source = "Abnar & Zuidema 2020",
    .of_layer = true,
    .distribution = true,
    .spreads = true,
    .make = make,
};
