/* What is stored in files beside the picture or the tensors. See provenance.h. */
#include "repl/result/provenance.h"

#include <inttypes.h>

#include "repl/version.h"

enum { HEAD_BYTES = 64 }; /* of a tensor's data that enter the fingerprint */

static uint64_t fnv(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
    return hash;
}

uint64_t weights_fingerprint(const struct weights *weights)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < weights->n; i++) {
        const struct tensor *t = &weights->tensors[i];
        hash = fnv(hash, t->name.s, t->name.n);
        hash = fnv(hash, t->dtype->name, str_of(t->dtype->name).n);
        hash = fnv(hash, t->shape, (size_t)t->rank * sizeof t->shape[0]);
        hash = fnv(hash, t->data, t->bytes < HEAD_BYTES ? t->bytes : HEAD_BYTES);
    }
    return hash;
}

static bool add(struct provenance *p, const char *key, struct str value, struct err *err)
{
    struct str copy;
    if (p->n == PROVENANCE_PAIRS)
        return true;
    if (!arena_str(p->arena, value, &copy, err))
        return false;
    p->pair[p->n++] = (struct text_pair){key, copy.s};
    return true;
}

static bool add_buf(struct provenance *p, const char *key, struct buf *value, struct err *err)
{
    bool ok = buf_ok(value, err) && add(p, key, buf_view(value), err);
    buf_free(value);
    return ok;
}

static void name_model(const struct model *model, struct buf *out)
{
    buf_printf(out, "%s%s", out->n ? "; " : "", model->name);
    if (model->weights)
        buf_printf(out, ", weights %016" PRIx64, weights_fingerprint(model->weights));
}

static bool add_models(struct provenance *p, struct kept_run *const *runs, size_t n_runs, const struct model *alone, struct err *err)
{
    struct buf b = {0};
    if (!n_runs && alone)
        name_model(alone, &b);
    for (size_t i = 0; i < n_runs; i++) {
        const struct model *model = runs[i]->run->model;
        bool before = false;
        for (size_t j = 0; j < i; j++)
            before |= runs[j]->run->model == model;
        if (!before)
            name_model(model, &b);
    }
    if (!n_runs && !alone)
        return true;
    return add_buf(p, "Model", &b, err);
}

static bool add_texts(struct provenance *p, struct kept_run *const *runs, size_t n_runs, struct err *err)
{
    struct buf b = {0};
    for (size_t i = 0; i < n_runs; i++) {
        if (!runs[i]->text)
            continue;
        buf_printf(&b, "%s%s", b.n ? "\n" : "", runs[i]->text);
        if (runs[i]->pair)
            buf_printf(&b, "\n%s", runs[i]->pair);
    }
    if (b.n)
        return add_buf(p, "Text", &b, err);
    buf_free(&b);
    return true;
}

/* Of runs under another mask than their model's. */
static bool add_masks(struct provenance *p, struct kept_run *const *runs, size_t n_runs, struct err *err)
{
    struct buf b = {0};
    for (size_t i = 0; i < n_runs; i++) {
        if (runs[i]->run->mask.rule == MASK_FAMILY)
            continue;
        buf_printf(&b, "%s@%zu ", b.n ? ", " : "", runs[i]->number);
        run_mask_name(runs[i]->run->mask, &b);
    }
    if (b.n)
        return add_buf(p, "Mask", &b, err);
    buf_free(&b);
    return true;
}

bool provenance_make(const struct call *call, struct kept_run *const *runs, size_t n_runs, const struct model *model,
                     const char *site, const char *measure, struct provenance *out, struct err *err)
{
    *out = (struct provenance){.arena = arena_new(err)};
    if (out->arena && add(out, "Software", STR("gaze " GAZE_VERSION), err) && add(out, "Command", str_of(call->line), err) &&
        add_models(out, runs, n_runs, model, err) && add_texts(out, runs, n_runs, err) && add_masks(out, runs, n_runs, err) &&
        (!site || add(out, "Site", str_of(site), err)) && (!measure || add(out, "Measure", str_of(measure), err)))
        return true;
    provenance_free(out);
    return false;
}

void provenance_free(struct provenance *provenance)
{
    arena_free(provenance->arena);
    *provenance = (struct provenance){0};
}
