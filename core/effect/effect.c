/* The list of effects and the way to their rows. See effect.h. */
#include "core/effect/effect.h"

#include <stdlib.h>
#include <string.h>

#include "core/effect/list.h"

#define EFFECT_EXTERN(name) extern const struct effect effect_##name;
EFFECTS(EFFECT_EXTERN)
#define EFFECT_ROW(name) &effect_##name,
const struct effect *const effects[] = {EFFECTS(EFFECT_ROW) NULL};

const struct effect *effect_named(struct str name)
{
    for (const struct effect *const *e = effects; *e; e++)
        if (str_is(name, (*e)->name))
            return *e;
    return NULL;
}

struct part effect_part(const struct effect *effect)
{
    unsigned n = 0;
    while (effects[n] != effect)
        n++;
    return (struct part){.kind = PART_EFFECT, .terms = n};
}

const struct effect *part_effect(struct part part)
{
    return part.kind == PART_EFFECT ? effects[part.terms] : NULL;
}

bool effect_map(const struct run *run, const struct attention *a, size_t head, const struct effect *effect, size_t row,
                size_t rows, float *out, struct err *err)
{
    size_t cells;
    if (row == 0 && rows == a->Tq)
        return effect->make(run, a, head, out, err);
    if (!size_mul(a->Tq, a->Tk, &cells))
        return err_set(err, ERR_LIMIT, "a map of %zu × %zu is too large", a->Tq, a->Tk);
    float *whole = mem_new(cells, sizeof *whole, "a map", err);
    bool ok = whole && effect->make(run, a, head, whole, err);
    if (ok)
        memcpy(out, whole + row * a->Tk, rows * a->Tk * sizeof *out);
    free(whole);
    return ok;
}
