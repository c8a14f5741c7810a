/* Activation patching. See patching.h. */
#include "core/measure/patching.h"

#include <string.h>

/* What is put in at one site, and its shape. */
struct values {
    float *at;
    size_t rows, width;
    const char *kind; /* of the intervention */
    size_t layer;     /* as that counts it */
};

static bool lengths_differ(size_t base, size_t from, const char *what, struct err *err)
{
    return err_set(err, ERR_ARG, "%zu %s here, %zu in the run it would come from: a patch wants texts of as many tokens", base, what, from);
}

static bool widths_differ(struct err *err)
{
    return err_set(err, ERR_ARG, "the two runs are of models of unlike widths: nothing of the one fits into the other");
}

static bool take_output(const struct attention *a, size_t head, struct values *out, struct arena *arena, struct err *err)
{
    out->kind = "replace_output";
    out->rows = a->Tq;
    out->width = a->D;
    out->at = arena_alloc(arena, a->Tq * a->D, sizeof *out->at, "a patch", err);
    for (size_t t = 0; out->at && t < a->Tq; t++)
        memcpy(out->at + t * a->D, a->z.data + t * a->z.row + head * a->z.step, a->D * sizeof *out->at);
    return out->at != NULL;
}

static bool take_head(const struct patch *patch, struct site site, const struct run *base, const struct run *from, struct values *out,
                      struct arena *arena, struct err *err)
{
    const struct attention *own = run_attention(base, site, err), *other = own ? run_attention(from, site, err) : NULL;
    if (!other)
        return false;
    if (own->Tq != other->Tq)
        return lengths_differ(own->Tq, other->Tq, "queries", err);
    if (patch->kind == PATCH_OUTPUT)
        return own->D == other->D ? take_output(other, site.head, out, arena, err) : widths_differ(err);
    if (own->Tk != other->Tk)
        return lengths_differ(own->Tk, other->Tk, "keys", err);
    out->kind = "replace_pattern";
    out->rows = own->Tq;
    out->width = own->Tk;
    out->at = arena_alloc(arena, own->Tq * own->Tk, sizeof *out->at, "a patch", err);
    return out->at && run_map(from, site, (struct part){.kind = PART_PROBS}, 0, own->Tq, out->at, err);
}

static bool take_hidden(struct site site, const struct run *base, const struct run *from, struct values *out, struct err *err)
{
    const struct kept *own = run_kept(base, "hidden", site.stack, site.layer + 1), *other = run_kept(from, "hidden", site.stack, site.layer + 1);
    if (!own || !other)
        return err_set(err, ERR_NOT_FOUND, "%c%zu: this layer keeps no hidden state of its own", stack_letters[site.stack], site.layer);
    if (own->shape[0] != other->shape[0])
        return lengths_differ(own->shape[0], other->shape[0], "tokens", err);
    if (own->shape[1] != other->shape[1])
        return widths_differ(err);
    *out = (struct values){(float *)other->data, own->shape[0], own->shape[1], "replace_hidden", site.layer + 1};
    return true;
}

struct intervention *patch_make(const struct patch *patch, const struct run *base, const struct run *from, struct arena *arena, size_t *n_out,
                                struct err *err)
{
    size_t each = patch->tokens ? patch->n_tokens : 1, n = 0;
    struct intervention *all = arena_zalloc(arena, patch->n_sites * each + 1, sizeof *all, "a patch", err);
    for (size_t s = 0; all && s < patch->n_sites; s++) {
        struct site site = patch->sites[s];
        struct values values = {.layer = site.layer};
        if (!(patch->kind == PATCH_HIDDEN ? take_hidden(site, base, from, &values, err)
                                          : take_head(patch, site, base, from, &values, arena, err)))
            return NULL;
        for (size_t t = 0; t < each; t++) {
            if (patch->tokens && patch->tokens[t] >= values.rows) {
                err_set(err, ERR_ARG, "token %zu: there are %zu here", patch->tokens[t], values.rows);
                return NULL;
            }
            all[n++] = (struct intervention){.kind = intervention_named(values.kind), .layer = values.layer, .head = site.head,
                                             .token = patch->tokens ? patch->tokens[t] : SIZE_MAX, .stack = site.stack,
                                             .values = values.at, .n_values = values.rows * values.width};
        }
    }
    *n_out = n;
    return all;
}
