/* Measures of heads. See heads_numbers.h. */
#include "repl/run/heads_numbers.h"

#include <math.h>
#include <stdlib.h>

#include "core/forward.h"
#include "core/measure/measure_permuted.h"
#include "core/measure/measure_texts.h"
#include "repl/grammar/call.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

enum { SEED = 1 };

static void choose_measures(struct heads_numbers *h, const struct measure *sort, bool alone)
{
    for (const struct measure *const *m = measures; *m && h->n < HEADS_MEASURES; m++)
        if (*m == sort || (!alone && !(*m)->costly)) {
            if (*m == sort)
                h->sort = h->n;
            h->shown[h->n++] = *m;
        }
}

static bool room_for(struct heads_numbers *h, const struct call *call, struct err *err)
{
    struct str asked = call_str(call, "references");
    bool all = str_is(asked, "all"), permuted = all || str_is(asked, "permuted");
    h->values = mem_new(h->sites.n * h->n, sizeof *h->values, "values of heads", err);
    h->broken = mem_new(h->sites.n, 1, "values of heads", err);
    h->permuted = permuted ? mem_new(h->sites.n, sizeof *h->permuted, "references of heads", err) : NULL;
    h->random = all ? mem_new(h->sites.n, sizeof *h->random, "references of heads", err) : NULL;
    return h->values && h->broken && (!permuted || h->permuted) && (!all || h->random);
}

/* The same configuration with fresh weights. */
static struct model *untrained(const struct model *model, struct err *err)
{
    struct model *fresh = model->folder ? model_load_fresh(model->folder, NULL, SEED, err) : NULL;
    if (!fresh && !model->folder)
        err_set(err, ERR_ARG, "%s was not loaded from a folder: there are no random weights to hold it against", model->name);
    return fresh;
}

/* ---- of a run ---- */

static bool refer_run(struct heads_numbers *h, const struct run *run, struct err *err)
{
    const struct measure *m = h->shown[h->sort];
    bool ok = true;
    for (size_t i = 0; ok && h->permuted && i < h->sites.n; i++)
        ok = measure_permuted(run, m, h->sites.site[i], SEED, &h->permuted[i], err);
    if (!ok || !h->random)
        return ok;
    if (!run->model->weights)
        return err_set(err, ERR_ARG, "these maps were opened from a file: there are no random weights to hold them against");
    struct model *model = untrained(run->model, err);
    struct run *again = model ? run_again(model, run, NULL, 0, NULL, err) : NULL;
    ok = again && measure_many(again, &m, 1, h->sites.site, h->sites.n, NULL, h->random, NULL, err);
    run_free(again);
    model_free(model);
    return ok;
}

static bool of_run(struct session *session, const struct call *call, const char *option, struct heads_numbers *h, struct err *err)
{
    struct kept_run **runs = NULL;
    size_t n_runs;
    if (h->shown[h->sort]->walks) {
        err_set(err, ERR_ARG, "%s holds texts against each other, and a run is one: texts=FILE", h->shown[h->sort]->name);
        return call_blame_option(call, option, err);
    }
    bool ok = select_runs(session, call, &runs, &n_runs, err) && select_sites(session, call, runs[0], SELECT_ALL, &h->sites, err) &&
              room_for(h, call, err);
    if (ok) {
        struct progress progress;
        struct watch watch = progress_begin(&progress, session, "heads");
        ok = measure_many(runs[0]->run, h->shown, h->n, h->sites.site, h->sites.n, &watch, h->values, h->broken, err) &&
             measure_uniform(runs[0]->run, h->shown[h->sort], h->sites.site[0], &h->uniform, err) && refer_run(h, runs[0]->run, err);
        progress_end(&progress);
    }
    free(runs);
    return ok;
}

/* ---- over texts ---- */

static bool measure_file(const struct heads_numbers *h, struct model *model, const struct measure *const *wanted, size_t n, bool permuted,
                         const struct texts_file *file, const struct watch *watch, struct measure_texts *out, struct err *err)
{
    struct measure_texts_options o = {.scan = file->scan, .sites = h->sites.site, .n_sites = h->sites.n, .wanted = wanted, .n_wanted = n,
                                      .permuted = permuted, .seed = SEED};
    o.scan.model = model;
    o.scan.shortest = o.scan.length; /* means drift with the length, and texts are held against each other: one length */
    o.scan.watch = watch;
    return measure_texts(&o, out, err);
}

static bool refer_file(struct heads_numbers *h, bool permuted, const struct texts_file *file, const struct watch *watch, double *out,
                       struct err *err)
{
    struct measure_texts m;
    for (size_t i = 0; i < h->sites.n; i++)
        out[i] = NAN;
    if (permuted && h->shown[h->sort]->beyond)
        return true;
    struct model *model = permuted ? file->model : untrained(file->model, err);
    bool ok = model && measure_file(h, model, &h->shown[h->sort], 1, permuted, file, watch, &m, err);
    for (size_t i = 0; ok && i < h->sites.n; i++)
        out[i] = m.values[i];
    if (ok)
        measure_texts_free(&m);
    if (!permuted)
        model_free(model);
    return ok;
}

static bool of_texts(struct session *session, const struct call *call, struct heads_numbers *h, struct err *err)
{
    struct texts_file file;
    struct measure_texts m = {0};
    if (!texts_file_open(session, call, &file, err))
        return false;
    h->sites = file.sites;
    file.sites = (struct sites){0};
    h->length = file.scan.length;
    struct progress progress;
    struct watch watch = progress_begin(&progress, session, "texts");
    struct run *first = room_for(h, call, err) ? scan_first(&file.scan, err) : NULL;
    bool ok = first && measure_uniform(first, h->shown[h->sort], h->sites.site[0], &h->uniform, err) &&
              measure_file(h, file.model, h->shown, h->n, false, &file, &watch, &m, err) &&
              (!h->permuted || refer_file(h, true, &file, &watch, h->permuted, err)) &&
              (!h->random || refer_file(h, false, &file, &watch, h->random, err));
    progress_end(&progress);
    for (size_t i = 0; ok && i < h->sites.n * h->n; i++)
        h->values[i] = m.values[i];
    h->texts = m.texts;
    h->not_finite = m.not_finite;
    if (ok && h->shown[h->sort]->walks && h->texts < 2) {
        ok = err_set(err, ERR_NOT_FOUND, "%s: %s holds texts against each other, and one alone has %zu tokens", file.path,
                     h->shown[h->sort]->name, h->length);
        call_blame_option(call, "texts", err);
    }
    measure_texts_free(&m);
    run_free(first);
    texts_file_free(&file);
    return ok;
}

bool heads_numbers_make(struct session *session, const struct call *call, const char *option, bool alone,
                        struct heads_numbers *out, struct err *err)
{
    static const char *const of_file[] = {"length", "front", "add_special", NULL};
    *out = (struct heads_numbers){.uniform = NAN};
    choose_measures(out, measure_named(call_str(call, option)), alone);
    if (call_given(call, "texts"))
        return of_texts(session, call, out, err);
    for (const char *const *o = of_file; *o; o++)
        if (call_given(call, *o)) {
            err_set(err, ERR_ARG, "%s= is of the texts of a file: texts=FILE", *o);
            return call_blame_option(call, *o, err);
        }
    return of_run(session, call, option, out, err);
}

void heads_numbers_free(struct heads_numbers *h)
{
    sites_free(&h->sites);
    free(h->values);
    free(h->broken);
    free(h->permuted);
    free(h->random);
}

/* ---- in words ---- */

static void say_reference(const struct heads_numbers *h, const double *values, const char *what, struct buf *out)
{
    double least = INFINITY, most = -INFINITY, sum = 0;
    size_t n = 0;
    for (size_t i = 0; values && i < h->sites.n; i++)
        if (!isnan(values[i])) {
            least = fmin(least, values[i]);
            most = fmax(most, values[i]);
            sum += values[i];
            n++;
        }
    if (n && h->shown[h->sort]->words)
        return;
    if (n)
        buf_printf(out, "; %s: mean %.4g (%.4g to %.4g) of %zu heads", what, sum / (double)n, least, most, n);
}

void heads_numbers_say(const struct heads_numbers *h, struct buf *out)
{
    const struct measure *m = h->shown[h->sort];
    buf_printf(out, "%s: %s (%s)", m->name, m->formula, m->source);
    if (!isnan(h->uniform) && m->words)
        buf_printf(out, "; the uniform map is %s", m->words[(size_t)h->uniform]);
    else if (!isnan(h->uniform))
        buf_printf(out, "; the uniform map gives %.4g", h->uniform);
    say_reference(h, h->permuted, "keys permuted in each row", out);
    say_reference(h, h->random, "random weights, seed 1", out);
    if (h->texts)
        buf_printf(out, "; %s %zu texts of %zu tokens", m->walks ? "over" : m->words ? "the commonest of" : "means over", h->texts, h->length);
    if (h->not_finite)
        buf_printf(out, "; %zu maps that are not finite left out", h->not_finite);
}
