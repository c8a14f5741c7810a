/* layers: measures of heads layer by layer, of a run or over the texts of a file: a point a head, a line through each layer's mean. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/measure.h"
#include "core/measure/retention.h"
#include "repl/grammar/call.h"
#include "repl/result/figure.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"
#include "viz/chart/chart.h"
#include "viz/chart/layers.h"
#include "viz/chart/series.h"

/* Sums over texts of one head's values. */
struct sums {
    double sum, squares;
    size_t n; /* texts where the measure applies and the map is finite */
};
struct sheet {
    const struct measure *by[SERIES_MAX];
    size_t n_by;
    const struct site *sites;
    size_t n;
    struct sums *sums;        /* [n, n_by] */
    double uniform[SERIES_MAX]; /* what the uniform map gives the first head; NaN: nothing, or texts' maps differ */
    size_t texts, tokens;     /* tokens of each text */
    struct kept_run *kept;    /* or NULL: texts of a file */
    const struct model *model;
    const char *file;         /* of the texts, or NULL */
};

/* by=cls,sep,punctuation */
static bool read_measures(const struct call *call, struct sheet *s, struct err *err)
{
    struct str rest = call_str(call, "by");
    for (size_t begin = 0; begin <= rest.n;) {
        size_t end = begin;
        while (end < rest.n && rest.s[end] != ',')
            end++;
        if (s->n_by == SERIES_MAX) {
            err_set(err, ERR_LIMIT, "by= takes at most %d measures: their colours have to be told apart", SERIES_MAX);
            return call_blame_option(call, "by", err);
        }
        s->by[s->n_by] = measure_named((struct str){rest.s + begin, end - begin});
        const struct measure *m = s->by[s->n_by];
        if (m && (m->walks || m->words)) {
            err_set(err, ERR_ARG, "%s has no mean over heads and texts: heads sort=%s%s", m->name, m->name, m->walks ? " texts=FILE" : "");
            return call_blame_option(call, "by", err);
        }
        s->uniform[s->n_by++] = NAN;
        begin = end + 1;
    }
    return true;
}

static bool room(struct sheet *s, struct err *err)
{
    s->sums = mem_new(s->n * s->n_by, sizeof *s->sums, "values of heads", err);
    return s->sums != NULL;
}

/* Add the values of a text of a run. */
static bool add(struct sheet *s, const struct run *run, size_t text, const struct watch *watch, struct err *err)
{
    struct site *sites = mem_new(s->n, sizeof *sites, "values of heads", err);
    double *values = mem_new(s->n * s->n_by, sizeof *values, "values of heads", err);
    bool ok = sites && values;
    for (size_t i = 0; ok && i < s->n; i++) {
        sites[i] = s->sites[i];
        sites[i].text = text;
    }
    ok = ok && measure_many(run, s->by, s->n_by, sites, s->n, watch, values, NULL, err);
    for (size_t i = 0; ok && i < s->n * s->n_by; i++)
        if (isfinite(values[i])) {
            s->sums[i].sum += values[i];
            s->sums[i].squares += values[i] * values[i];
            s->sums[i].n++;
        }
    bool one = true;
    for (size_t i = 1; i < s->n; i++)
        one = one && s->sites[i].stack == s->sites[0].stack;
    for (size_t m = 0; ok && one && !s->texts && m < s->n_by; m++) /* the texts of a file are of one length */
        ok = measure_uniform(run, s->by[m], sites[0], &s->uniform[m], err);
    if (ok && !s->texts++)
        s->tokens = tokens_length(run->tokens, text);
    free(sites);
    free(values);
    return ok;
}

static bool see(void *context, const struct scan_text *text, struct err *err)
{
    return add(context, text->run, text->text, NULL, err);
}

static double mean_of(const struct sums *sums)
{
    return sums->n ? sums->sum / (double)sums->n : NAN;
}

/* Half of the 95 % interval over texts (Student's t); NaN with fewer than two. */
static double half_of(const struct sums *sums)
{
    double n = (double)sums->n, mean = mean_of(sums);
    if (sums->n < 2)
        return NAN;
    return student_quantile(0.025, n - 1) * sqrt(fmax(0, sums->squares - n * mean * mean) / (n - 1) / n);
}

/* ---- rows for machines ---- */

static bool give_rows(const struct sheet *s, struct result *result, struct err *err)
{
    struct site_row row = {.stack = sites_tell_stack(s->sites, s->n)};
    char header[128];
    snprintf(header, sizeof header, "measure,%s,value,low,high,texts,uniform", site_header(row));
    bool ok = result_columns(result, header, err);
    for (size_t m = 0; ok && m < s->n_by; m++)
        for (size_t i = 0; ok && i < s->n; i++) {
            struct cell_value cells[SITE_CELLS + 6] = {text_cell(str_of(s->by[m]->name))}, none = {.kind = CELL_NONE};
            const struct sums *sums = &s->sums[i * s->n_by + m];
            double mean = mean_of(sums), half = half_of(sums);
            size_t n = 1 + site_cells(s->sites[i], row, cells + 1);
            cells[n++] = isfinite(mean) ? number_cell(mean, 6) : none;
            cells[n++] = isfinite(half) ? number_cell(mean - half, 6) : none;
            cells[n++] = isfinite(half) ? number_cell(mean + half, 6) : none;
            cells[n++] = int_cell((long long)sums->n);
            cells[n++] = isfinite(s->uniform[m]) ? number_cell(s->uniform[m], 6) : none;
            ok = result_row(result, cells, n, err);
        }
    return ok;
}

/* ---- the picture ---- */

static bool same_layer(struct site a, struct site b)
{
    return a.stack == b.stack && a.layer == b.layer;
}

/* Points and names of layers: with the letter of their stack where there are several. */
static bool place(const struct sheet *s, struct arena *arena, struct layers *out, struct err *err)
{
    struct layers_point *points = arena_zalloc(arena, s->n * s->n_by, sizeof *points, "the picture", err);
    struct layers_series *series = arena_zalloc(arena, s->n_by, sizeof *series, "the picture", err);
    struct str *names = arena_zalloc(arena, s->n, sizeof *names, "the picture", err);
    unsigned char *begins = arena_zalloc(arena, s->n, 1, "the picture", err);
    bool ok = points && series && names && begins, letters = false;
    size_t layers = 0, n = 0;
    for (size_t i = 0; ok && i < s->n; i++)
        letters |= s->sites[i].stack != s->sites[0].stack;
    const struct site *before = NULL;
    for (size_t k = 0; k < STACK_KINDS; k++) /* a stack after the other, though their layers take turns */
        for (size_t i = 0; ok && i < s->n; i++) {
            const struct site *site = &s->sites[i];
            if (site->stack != (enum stack_kind)k)
                continue;
            if (!before || !same_layer(*site, *before)) {
                char name[32];
                snprintf(name, sizeof name, "%.*s%zu", (int)letters, &stack_letters[site->stack], site->layer);
                ok = arena_str(arena, str_of(name), &names[layers], err);
                begins[layers++] = before && site->stack != before->stack;
            }
            before = site;
            for (size_t m = 0; m < s->n_by; m++)
                points[n++] = (struct layers_point){m, layers - 1, mean_of(&s->sums[i * s->n_by + m])};
        }
    for (size_t m = 0; ok && m < s->n_by; m++)
        series[m] = (struct layers_series){str_of(s->by[m]->name), s->uniform[m]};
    *out = (struct layers){points, n, series, s->n_by, names, begins, layers};
    return ok;
}

/* "entropy: −Σ … (Clark et al. 2019); the uniform map gives 3.178", a line a measure, then what was counted. */
static bool note(const struct sheet *s, struct arena *arena, struct str *notes, struct err *err)
{
    for (size_t m = 0; m <= s->n_by; m++) {
        struct buf text = {0};
        if (m < s->n_by) {
            buf_printf(&text, "%s: %s (%s)", s->by[m]->name, s->by[m]->formula, s->by[m]->source);
            if (isfinite(s->uniform[m]))
                buf_printf(&text, "; dashed: the uniform map, %.4g", s->uniform[m]);
        } else {
            buf_printf(&text, "%zu heads, %zu text%s of %zu tokens%s; lines: means of layers", s->n, s->texts, s->texts == 1 ? "" : "s",
                       s->tokens, s->texts == 1 ? "" : " each");
        }
        bool ok = buf_ok(&text, err) && arena_str(arena, buf_view(&text), &notes[m], err);
        buf_free(&text);
        if (!ok)
            return false;
    }
    return true;
}

static const char *axis_name(const struct sheet *s)
{
    bool masses = true;
    for (size_t m = 0; m < s->n_by; m++)
        masses = masses && strncmp(s->by[m]->label, "mass", 4) == 0;
    return s->n_by == 1 ? s->by[0]->label : masses ? "mass" : "value";
}

static bool give_picture(struct session *session, const struct call *call, const struct sheet *s, struct result *result, struct err *err)
{
    const struct figure_source source = {.runs = &s->kept, .n_runs = s->kept ? 1 : 0, .model = s->kept ? NULL : s->model, .site = "layers"};
    struct arena *arena = arena_new(err);
    struct layers layers;
    struct str notes[SERIES_MAX + 1];
    bool ok = arena && place(s, arena, &layers, err) && note(s, arena, notes, err);
    struct picture picture = {.chart = &chart_layers, .data = &layers, .row_axis = axis_name(s), .col_axis = "layer",
                              .notes = notes, .n_notes = s->n_by + 1, .value_name = s->n_by == 1 ? s->by[0]->name : "measures"};
    ok = ok && give_figure(session, call, &picture, &source, result, err);
    arena_free(arena);
    return ok;
}

static bool give(struct session *session, const struct call *call, struct sheet *s, struct result *result, struct err *err)
{
    return result_wants_picture(result) ? give_picture(session, call, s, result, err) : give_rows(s, result, err);
}

static bool of_run(struct session *session, const struct call *call, struct sheet *s, struct result *result, struct err *err)
{
    struct kept_run **runs = NULL;
    struct sites sites = {0};
    struct progress progress;
    size_t n;
    bool ok = select_runs(session, call, &runs, &n, err) && select_sites(session, call, runs[0], SELECT_ALL, &sites, err);
    if (ok) {
        struct watch watch = progress_begin(&progress, session, "heads");
        s->kept = runs[0];
        s->sites = sites.site;
        s->n = sites.n;
        ok = room(s, err) && add(s, s->kept->run, 0, &watch, err);
        progress_end(&progress);
    }
    ok = ok && give(session, call, s, result, err);
    sites_free(&sites);
    free(runs);
    return ok;
}

static bool of_texts(struct session *session, const struct call *call, struct sheet *s, struct result *result, struct err *err)
{
    struct texts_file file;
    struct progress progress;
    struct scan_counts counts;
    if (!texts_file_open(session, call, &file, err))
        return false;
    struct watch watch = progress_begin(&progress, session, "texts");
    struct scan_observer observer = {.context = s, .see = see};
    struct scan_options options = file.scan;
    s->sites = file.sites.site;
    s->n = file.sites.n;
    s->model = file.model;
    s->file = file.path;
    options.watch = &watch;
    options.shortest = options.length; /* means are taken over texts of one length */
    bool ok = room(s, err) && scan(&options, &observer, 1, &counts, err);
    progress_end(&progress);
    if (ok && !s->texts)
        ok = err_set(err, ERR_NOT_FOUND, "no text of %s is long enough: %zu tokens", file.path, options.length);
    ok = ok && give(session, call, s, result, err);
    texts_file_free(&file);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    static const char *const of_files[] = {"length", "add_special", "front"};
    struct sheet s = {0};
    bool texts = call_given(call, "texts");
    for (size_t i = 0; !texts && i < 3; i++)
        if (call_given(call, of_files[i])) {
            err_set(err, ERR_ARG, "%s= belongs to texts=FILE", of_files[i]);
            return call_blame_option(call, of_files[i], err);
        }
    bool ok = read_measures(call, &s, err) && (texts ? of_texts : of_run)(session, call, &s, result, err);
    free(s.sums);
    return ok;
}

static const struct option options[] = {
    {.name = "by", .kind = VALUE_MEASURES, .fallback = "entropy", .summary = "the measures, at most six: cls,sep,punctuation"},
    OPTIONS_TEXTS,
    OPTION_FIGURE,
    {0}};
static const struct arg args[] = {
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads; all of them"},
    {0}};

extern const struct command command_layers;
const struct command command_layers = {
    .name = "layers",
    .group = "measures",
    .keywords = "layer by layer|by layer|clark|scatter|points|mass on cls and sep|entropy by head|average attention|trend|depth",
    .summary = "measures of heads, layer by layer",
    .help =
        "A point a head and a line through the means of the layers, for each measure of by=: of one run, or over the texts of a file, all of "
        "one length (longer ones are cut, shorter ones left out), each head's mean over the texts. Dashed is what the uniform map gives. The "
        "plots of Clark et al. 2019: by=cls,sep,punctuation their figure 2, by=entropy and by=first_entropy their figure 4. In csv and "
        "json a row a measure and head, with the 95 % interval over texts (Student's t). Formulas and sources: help heads, cite.",
    .examples = "layers\n"
                "layers by=cls,sep,punctuation texts=corpus.txt length=64 > mass.pdf\n"
                "layers by=entropy texts=corpus.txt format=csv > entropy.csv\n"
                "layers @1 L0-5 by=previous,next,self",
    .options = options,
    .args = args,
    .writes = true,
    .pixels = true,
    .run = run,
};
