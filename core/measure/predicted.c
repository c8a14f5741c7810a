/* Predictions before and after a change. See predicted.h. */
#include "core/measure/predicted.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/measure/divergence.h"
#include "core/op/log_sum.h"

struct asked asked_head(const struct model *model, bool emd)
{
    const struct output_head *each;
    struct asked asked = {.mask = -1};
    for (size_t i = 0; (each = model_head(model, i)) && !asked.head; i++)
        if ((each->place == HEAD_MASKS || each->place == HEAD_NEXT) &&
            (each->stack == STACK_MAIN || (emd && each->stack == STACK_EMD)))
            asked.head = each;
    asked.masks = asked.head && asked.head->place == HEAD_MASKS;
    if (asked.masks && model->tokenizer)
        asked.mask = tokenizer_role(model->tokenizer, "mask");
    if (asked.masks && asked.mask < 0)
        asked.head = NULL;
    asked.of = !asked.head ? NULL : asked.masks ? "masked words" : "next words";
    return asked;
}

struct asked asked_decoder(const struct model *model)
{
    const struct output_head *each;
    struct asked asked = {.mask = -1};
    for (size_t i = 0; (each = model_head(model, i)) && !asked.head; i++)
        if (each->place == HEAD_NEXT && each->stack == STACK_DECODER)
            asked.head = each;
    asked.of = asked.head ? "next words of targets" : NULL;
    return asked;
}

/* The likeliest of V words but `not`. */
static int32_t likeliest(const float *logits, size_t V, int32_t not)
{
    int32_t best = -1;
    for (size_t v = 0; v < V; v++)
        if ((int32_t)v != not && (best < 0 || logits[v] > logits[best]))
            best = (int32_t)v;
    return best;
}

static bool check(const float *logits, size_t V, const char *when, size_t row, struct err *err)
{
    for (size_t v = 0; v < V; v++)
        if (isnan(logits[v]) || logits[v] == INFINITY)
            return err_set(err, ERR_FORMAT, "the logits at index %zu are not finite %s the change", row, when);
    return true;
}

static bool compare(const float *const logits[2], size_t V, const struct asked_place *place, struct predicted *out, struct err *err)
{
    double all[2];
    *out = (struct predicted){.word = place->word, .against = place->against};
    if (place->word >= (int32_t)V || place->against >= (int32_t)V)
        return err_set(err, ERR_ARG, "the head's vocabulary has %zu words, none of id %d", V,
                       place->word >= (int32_t)V ? place->word : place->against);
    if (!check(logits[0], V, "before", place->row, err) || !check(logits[1], V, "after", place->row, err))
        return false;
    if (out->word < 0)
        out->word = likeliest(logits[0], V, -1);
    if (out->against < 0)
        out->against = likeliest(logits[0], V, out->word);
    for (size_t i = 0; i < 2; i++) {
        all[i] = log_sum(logits[i], V);
        out->loss[i] = all[i] - (double)logits[i][out->word];
        out->margin[i] = out->against < 0 ? NAN : (double)logits[i][out->word] - logits[i][out->against];
        out->first[i] = likeliest(logits[i], V, -1);
    }
    for (size_t v = 0; v < V; v++)
        out->divergence += divergence_term(exp((double)logits[0][v] - all[0]), exp((double)logits[1][v] - all[1]));
    return true;
}

bool predicted_compare(const struct run *before, const struct run *after, const struct output_head *head, size_t text,
                       const struct asked_place *places, size_t n, struct predicted *out, struct err *err)
{
    enum { AT_ONCE = 16 };
    size_t V = head->width(before->model), rows[AT_ONCE];
    float *logits = mem_new(2 * AT_ONCE * V, sizeof *logits, "logits", err);
    bool ok = logits != NULL;
    for (size_t done = 0, some; ok && done < n; done += some) {
        some = n - done < AT_ONCE ? n - done : AT_ONCE;
        for (size_t i = 0; i < some; i++)
            rows[i] = places[done + i].row;
        ok = (!cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled")) &&
             run_logits(before, head, text, rows, some, logits, err) &&
             run_logits(after, head, text, rows, some, logits + AT_ONCE * V, err);
        for (size_t i = 0; ok && i < some; i++)
            ok = compare((const float *const[]){logits + i * V, logits + (AT_ONCE + i) * V}, V, &places[done + i], &out[done + i], err);
    }
    free(logits);
    return ok;
}
