/* Measures over many texts. See measure_texts.h. */
#include "core/measure/measure_texts.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/base/random.h"
#include "core/measure/column_look.h"

enum { CLASSES = 8 };

/* What a head keeps of one measure. */
struct head_sums {
    double sum, n;         /* of a measure of one map */
    double times[CLASSES]; /* of one whose value is a class */
    double *walked;        /* of one with walks */
    size_t room;           /* numbers in it */
};
struct work {
    const struct measure_texts_options *options;
    struct head_sums *kept; /* [n_sites,n_wanted] */
    size_t walk, walks, texts, not_finite;
    const struct scan_text *text; /* the one being seen */
    unsigned char *broken;        /* [n_sites] */
    struct err *errs;             /* [n_sites] */
};

static bool walk_map(const struct measure *m, const struct measure_input *input, size_t walk, struct head_sums *kept, struct err *err)
{
    size_t room = m->walks->room(input->attention);
    if (walk >= m->walks->n)
        return true;
    if (!kept->walked) {
        kept->walked = mem_new(room, sizeof *kept->walked, "sums over texts", err);
        kept->room = room;
        if (!kept->walked)
            return false;
    }
    if (kept->room != room)
        return err_set(err, ERR_ARG, "%s holds texts of one length against each other: here are others", m->name);
    m->walks->see(input, walk, kept->walked);
    return true;
}

static bool see_map(struct work *w, size_t s, struct measured_map *map, struct site site, struct err *err)
{
    const struct measure_texts_options *o = w->options;
    bool ok = true;
    for (size_t m = 0; ok && m < o->n_wanted; m++) {
        struct measure_input input = {w->text->run, map->attention, site, map->probs, map->special, NULL};
        struct head_sums *kept = &w->kept[s * o->n_wanted + m];
        double value = NAN;
        if (measure_texts_refusal(o->wanted[m], map->attention))
            continue;
        if (o->wanted[m]->walks) {
            ok = walk_map(o->wanted[m], &input, w->walk, kept, err);
            continue;
        }
        ok = w->walk > 0 || o->wanted[m]->value(&input, &value, err);
        if (ok && !isnan(value)) {
            kept->sum += value;
            kept->n++;
            if (o->wanted[m]->words)
                kept->times[(size_t)value % CLASSES]++;
        }
    }
    return ok;
}

static bool permute(const struct work *w, const struct measured_map *map, struct site site, struct err *err)
{
    size_t *visible = mem_new(map->attention->Tk, sizeof *visible, "visible keys", err);
    uint64_t place = (w->text->number * 0x100000001b3u + site.layer) * 0x100000001b3u + site.head;
    uint64_t state = random_stream(w->options->seed, place);
    if (visible)
        column_permute(map->probs, map->attention, visible, &state);
    free(visible);
    return visible != NULL;
}

static void see_site(void *context, size_t s, size_t thread)
{
    struct work *w = context;
    struct err *err = &w->errs[s];
    struct site site = w->options->sites[s];
    struct measured_map map;
    (void)thread;
    site.text = w->text->text;
    if (cancel_requested()) {
        err_set(err, ERR_CANCELLED, "cancelled");
        return;
    }
    if (!measured_map_make(w->text->run, site, false, &map, err))
        return;
    w->broken[s] = map_not_finite(map.attention, map.probs);
    bool ok = w->broken[s] || ((!w->options->permuted || permute(w, &map, site, err)) && see_map(w, s, &map, site, err));
    if (!ok && err->code == ERR_NONE)
        err_set(err, ERR_FORMAT, "a measure has no value here");
    measured_map_free(&map);
}

static bool see(void *context, const struct scan_text *text, struct err *err)
{
    struct work *w = context;
    w->text = text;
    pool_run(w->options->n_sites, see_site, w);
    for (size_t s = 0; s < w->options->n_sites; s++) {
        if (w->errs[s].code != ERR_NONE) {
            *err = w->errs[s];
            return false;
        }
        w->not_finite += w->walk == 0 && w->broken[s];
    }
    w->texts += w->walk == 0;
    return true;
}

static bool walk_all(struct work *w, struct err *err)
{
    struct scan_observer observer = {.context = w, .see = see};
    struct scan_options scan_options = w->options->scan;
    struct scan_counts counts;
    struct scan_lines lines = {.rest = scan_options.lines, .paragraphs = scan_options.paragraphs};
    struct str line;
    while (scan_next_line(&lines, &line))
        ;
    scan_options.progress_all = w->walks * lines.number;
    for (w->walk = 0; w->walk < w->walks; w->walk++) {
        scan_options.progress_before = w->walk * lines.number;
        if (!scan(&scan_options, &observer, 1, &counts, err))
            return false;
        if (!counts.texts)
            return err_set(err, ERR_NOT_FOUND, "%s: no line of at least %zu tokens", scan_options.name, scan_options.shortest);
    }
    return true;
}

/* The mean, the commonest class, or what the walks came to. */
static double value_of(const struct measure *m, const struct head_sums *kept)
{
    size_t most = 0;
    if (m->walks)
        return kept->walked ? m->walks->value(kept->walked) : NAN;
    if (!(kept->n > 0))
        return NAN;
    for (size_t c = 1; c < CLASSES; c++)
        most = kept->times[c] > kept->times[most] ? c : most;
    return m->words ? (double)most : kept->sum / kept->n;
}

bool measure_texts(const struct measure_texts_options *o, struct measure_texts *out, struct err *err)
{
    struct work w = {.options = o, .walks = 1};
    size_t n;
    *out = (struct measure_texts){0};
    for (size_t m = 0; m < o->n_wanted; m++)
        if (o->wanted[m]->walks && o->wanted[m]->walks->n > w.walks)
            w.walks = o->wanted[m]->walks->n;
    if (!size_mul(o->n_sites, o->n_wanted, &n))
        return err_set(err, ERR_LIMIT, "%zu heads are too many", o->n_sites);
    w.kept = mem_new(n + 1, sizeof *w.kept, "sums over texts", err);
    w.broken = mem_new(o->n_sites + 1, 1, "marks of maps", err);
    w.errs = mem_new(o->n_sites + 1, sizeof *w.errs, "errors of heads", err);
    out->values = mem_new(n + 1, sizeof *out->values, "values of heads", err);
    bool ok = w.kept && w.broken && w.errs && out->values && walk_all(&w, err);
    for (size_t i = 0; ok && i < n; i++)
        out->values[i] = value_of(o->wanted[i % o->n_wanted], &w.kept[i]);
    out->texts = w.texts;
    out->not_finite = w.not_finite;
    for (size_t i = 0; w.kept && i < n; i++)
        free(w.kept[i].walked);
    free(w.kept);
    free(w.broken);
    free(w.errs);
    if (!ok)
        measure_texts_free(out);
    return ok;
}

void measure_texts_free(struct measure_texts *texts)
{
    free(texts->values);
    *texts = (struct measure_texts){0};
}
