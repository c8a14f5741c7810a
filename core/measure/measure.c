/* The list of measures and the way from a site to its number. See measure.h. */
#include "core/measure/measure.h"

#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/measure/list.h"

#define MEASURE_EXTERN(name) extern const struct measure measure_##name;
MEASURES(MEASURE_EXTERN)
#define MEASURE_ROW(name) &measure_##name,
const struct measure *const measures[] = {MEASURES(MEASURE_ROW) NULL};

const struct measure *measure_named(struct str name)
{
    for (const struct measure *const *m = measures; *m; m++)
        if (str_is(name, (*m)->name))
            return *m;
    return NULL;
}

size_t keys_seen(const struct attention *a, size_t i)
{
    const struct mask *mask = &a->mask;
    size_t lo = mask->lo ? mask->lo[i] : 0, hi = mask->hi ? mask->hi[i] : a->Tk;
    if (hi > a->Tk)
        hi = a->Tk;
    if (!mask->bitmap)
        return lo < hi ? hi - lo : 0;
    const unsigned char *row = mask->bitmap + i * ((a->Tk + 7) / 8);
    size_t n = 0;
    for (size_t j = lo; j < hi;) {
        bool whole = j % 8 == 0 && j + 8 <= hi; /* eight keys at once */
        n += whole ? (size_t)__builtin_popcount(row[j / 8]) : !attention_masked(a, i, j);
        j += whole ? 8 : 1;
    }
    return n;
}

double offset_mass(const struct measure_input *input, long offset)
{
    size_t Tq = input->attention->Tq, Tk = input->attention->Tk;
    double sum = 0;
    for (size_t i = 0; i < Tq; i++) {
        long j = (long)i + offset;
        if (j >= 0 && (size_t)j < Tk)
            sum += input->probs[i * Tk + (size_t)j];
    }
    return sum / (double)Tq;
}

/* The keys are the text's tokens wherever a map has as many. */
static void mark_special(const struct run *run, const struct attention *a, unsigned char *special)
{
    const struct encoding *text = a->text < run->tokens->n_texts ? &run->tokens->texts[a->text] : NULL;
    for (size_t j = 0; text && j < a->Tk && j < text->n; j++)
        special[j] = text->tokens[j].special_id;
}

/* Every query looks at all keys it sees alike. */
static void fill_uniform(const struct attention *a, float *probs)
{
    for (size_t i = 0; i < a->Tq; i++) {
        size_t seen = keys_seen(a, i);
        for (size_t j = 0; j < a->Tk; j++)
            probs[i * a->Tk + j] = attention_masked(a, i, j) ? 0.0f : 1.0f / (float)seen;
    }
}

static bool measure_map(const struct run *run, const struct measure *measure, struct site site, bool uniform, double *out,
                        struct err *err)
{
    const struct attention *a = run_attention(run, site, err);
    if (!a)
        return false;
    size_t cells;
    if (!size_mul(a->Tq, a->Tk, &cells))
        return err_set(err, ERR_LIMIT, "a map of %zu × %zu is too large", a->Tq, a->Tk);
    float *probs = mem_new(cells, sizeof *probs, "an attention map", err);
    unsigned char *special = mem_new(a->Tk, 1, "marks of special tokens", err);
    bool ok = probs && special;
    if (ok && uniform)
        fill_uniform(a, probs);
    else if (ok)
        ok = run_map(run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, probs, err);
    if (ok) {
        mark_special(run, a, special);
        struct measure_input input = {run, a, site, probs, special};
        ok = measure->value(&input, out, err);
    }
    free(probs);
    free(special);
    return ok;
}

bool measure_site(const struct run *run, const struct measure *measure, struct site site, double *out, struct err *err)
{
    return measure_map(run, measure, site, false, out, err);
}

bool measure_uniform(const struct run *run, const struct measure *measure, struct site site, double *out, struct err *err)
{
    return measure_map(run, measure, site, true, out, err);
}

struct many {
    const struct run *run;
    const struct measure *measure;
    const struct site *sites;
    double *out;
    struct err *errs; /* [n] */
};

static void measure_one(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct many *many = context;
    if (cancel_requested())
        err_set(&many->errs[task], ERR_CANCELLED, "cancelled");
    else if (!measure_site(many->run, many->measure, many->sites[task], &many->out[task], &many->errs[task]) &&
             many->errs[task].code == ERR_NONE)
        err_set(&many->errs[task], ERR_FORMAT, "%s has no value here", many->measure->name);
}

bool measure_sites(const struct run *run, const struct measure *measure, const struct site *sites, size_t n, double *out,
                   struct err *err)
{
    struct many many = {run, measure, sites, out, mem_new(n, sizeof *many.errs, "errors of heads", err)};
    if (!many.errs)
        return false;
    pool_run(n, measure_one, &many);
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        if (many.errs[i].code != ERR_NONE) {
            if (err)
                *err = many.errs[i];
            ok = false;
        }
    free(many.errs);
    return ok;
}
