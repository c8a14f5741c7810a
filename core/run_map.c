/* The door to maps: a part of an attention's map, or what the map does, which is made of the whole run. See run.h. */
#include "core/effect/effect.h"
#include "core/effect/split.h"

bool run_map(const struct run *run, struct site site, struct part part, size_t row, size_t rows, float *out, struct err *err)
{
    const struct attention *a = run_attention(run, site, err);
    if (!a)
        return false;
    if (row > a->Tq || rows > a->Tq - row)
        return err_set(err, ERR_LIMIT, "rows %zu to %zu of a map of %zu queries", row, row + rows, a->Tq);
    if (part.kind == PART_EFFECT)
        return effect_map(run, a, site.head, part_effect(part), row, rows, out, err);
    if ((part.kind == PART_LOGITS || part.kind == PART_SOFTMAX) && part.terms >> MAX_TERMS)
        return split_map(run, a, site.head, part, row, rows, out, err);
    return attention_map(a, site.head, part, row, rows, out, err);
}
