/* heads: every measure of each head in one run side by side, ranked by one of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/measure.h"
#include "repl/grammar/call.h"
#include "repl/result/figure.h"
#include "repl/run/heads_cluster.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

enum { MOST = 32 }; /* measures in a row */

struct table {
    const struct run *run;
    struct sites sites;
    struct site_row row;
    const struct measure *shown[MOST]; /* [n] those that one pass over a map gives, and the one that ranks */
    size_t n, sort;                    /* shown[sort] ranks */
    double *values;                    /* [sites.n, n] */
    unsigned char *broken;             /* [sites.n] 1: the map is not finite */
    size_t *order;                     /* [sites.n] sites as ranked */
};

static void choose_measures(struct table *t, const struct measure *sort)
{
    for (const struct measure *const *m = measures; *m && t->n < MOST; m++)
        if (!(*m)->costly || *m == sort) {
            if (*m == sort)
                t->sort = t->n;
            t->shown[t->n++] = *m;
        }
}

/* Is site a to stand before site b? What has no value last; equals in the order of layers and heads. */
static bool before(const struct table *t, size_t a, size_t b, bool descending)
{
    double x = t->values[a * t->n + t->sort], y = t->values[b * t->n + t->sort];
    if (isnan(x) != isnan(y))
        return isnan(y);
    if (x != y && !isnan(x))
        return descending ? x > y : x < y;
    return a < b;
}

/* Merge sort of order[from,to), which keeps no state of its own. */
static void rank(struct table *t, size_t from, size_t to, size_t *scratch, bool descending)
{
    if (to - from < 2)
        return;
    size_t middle = from + (to - from) / 2, left = from, right = middle;
    rank(t, from, middle, scratch, descending);
    rank(t, middle, to, scratch, descending);
    for (size_t i = from; i < to; i++)
        scratch[i] = right == to || (left < middle && !before(t, t->order[right], t->order[left], descending))
                         ? t->order[left++]
                         : t->order[right++];
    memcpy(t->order + from, scratch + from, (to - from) * sizeof *scratch);
}

static bool say(const struct table *t, size_t shown, struct result *result, struct err *err)
{
    const struct measure *m = t->shown[t->sort];
    struct buf text = {0};
    double uniform;
    if (!measure_uniform(t->run, m, t->sites.site[t->order[0]], &uniform, err))
        return false;
    buf_printf(&text, "%s: %s (%s)", m->name, m->formula, m->source);
    if (!isnan(uniform))
        buf_printf(&text, "; the uniform map gives %.4g", uniform);
    if (shown < t->sites.n)
        buf_printf(&text, "; %zu of %zu heads", shown, t->sites.n);
    buf_char(&text, '\n');
    bool ok = buf_ok(&text, err) && result_text(result, buf_view(&text), err);
    buf_free(&text);
    return ok;
}

static bool put_row(const struct table *t, size_t site, bool person, struct result *result, struct err *err)
{
    struct cell_value cells[MOST + SITE_CELLS];
    struct buf name = {0};
    size_t n = 0;
    site_name(t->sites.site[site], &name);
    if (person)
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&name)};
    else
        n = site_cells(t->sites.site[site], t->row, cells);
    for (size_t m = 0; m < t->n; m++) {
        double value = t->values[site * t->n + m];
        cells[n++] = isnan(value) && !t->broken[site] ? (struct cell_value){.kind = CELL_NONE, .text = STR("-")}
                                                      : (struct cell_value){.kind = CELL_NUMBER, .number = value, .digits = 3};
    }
    bool ok = buf_ok(&name, err) && result_row(result, cells, n, err);
    buf_free(&name);
    return ok;
}

static bool put(const struct table *t, size_t top, struct result *result, struct err *err)
{
    bool person = strcmp(result_format(result), "table") == 0;
    size_t shown = top < t->sites.n ? top : t->sites.n, broken = 0;
    struct buf header = {0};
    buf_puts(&header, person ? "site" : site_header(t->row));
    for (size_t m = 0; m < t->n; m++)
        buf_printf(&header, ",%s", t->shown[m]->name);
    bool ok = buf_ok(&header, err) && result_columns(result, buf_cstr(&header), err);
    buf_free(&header);
    ok = ok && (!person || say(t, shown, result, err));
    for (size_t i = 0; ok && i < shown; i++)
        ok = put_row(t, t->order[i], person, result, err);
    for (size_t s = 0; s < t->sites.n; s++)
        broken += t->broken[s];
    if (ok && broken)
        result_note(result, "%zu of %zu maps %s not finite", broken, t->sites.n, broken == 1 ? "is" : "are");
    return ok;
}

static bool heads_run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs = NULL;
    struct table t = {0};
    size_t n_runs, *scratch = NULL;
    const struct measure *sort = measure_named(call_str(call, "sort"));
    choose_measures(&t, sort);
    bool ok = select_runs(session, call, &runs, &n_runs, err) && select_sites(session, call, runs[0], SELECT_ALL, &t.sites, err);
    if (ok) {
        struct progress progress;
        struct watch watch = progress_begin(&progress, session, "heads");
        t.run = runs[0]->run;
        t.row.stack = sites_tell_stack(&t.sites);
        t.values = mem_new(t.sites.n * t.n, sizeof *t.values, "values of heads", err);
        t.broken = mem_new(t.sites.n, 1, "values of heads", err);
        t.order = mem_new(t.sites.n, sizeof *t.order, "values of heads", err);
        scratch = mem_new(t.sites.n, sizeof *scratch, "values of heads", err);
        ok = t.values && t.broken && t.order && scratch &&
             measure_many(t.run, t.shown, t.n, t.sites.site, t.sites.n, &watch, t.values, t.broken, err);
        progress_end(&progress);
    }
    for (size_t i = 0; ok && i < t.sites.n; i++)
        t.order[i] = i;
    if (ok) {
        struct str order = call_str(call, "order");
        rank(&t, 0, t.sites.n, scratch, str_is(order, "descending") || (!order.n && sort->descending));
        ok = put(&t, (size_t)call_int(call, "top"), result, err);
    }
    free(t.values);
    free(t.broken);
    free(t.order);
    free(scratch);
    sites_free(&t.sites);
    free(runs);
    return ok;
}

/* Options of the one form in the other. */
static bool only_with(const struct call *call, const char *const *options_, const char *why, struct err *err)
{
    for (; *options_; options_++)
        if (call_given(call, *options_)) {
            err_set(err, ERR_ARG, "%s= %s", *options_, why);
            return call_blame_option(call, *options_, err);
        }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    static const char *const of_ranks[] = {"sort", "order", "top", NULL};
    static const char *const of_cluster[] = {"texts", "length", "add_special", "front", "title", "size", NULL};
    if (call_arg(call, ARG_ACTION, 0))
        return only_with(call, of_ranks, "ranks heads: leave it out of heads cluster", err) &&
               heads_cluster(session, call, result, err);
    if (!result_wants_rows(result) && !result_wants_json(result) && !result_wants_picture(result))
        return err_set(err, ERR_ARG, "heads: a table has no such format; heads cluster draws a picture");
    if (result_wants_figure(result))
        return err_set(err, ERR_ARG, "heads: a table cannot be written as %s; what can: table, json, csv, tsv (heads cluster draws a picture)",
                       result_format(result));
    return only_with(call, of_cluster, "belongs to heads cluster", err) && heads_run(session, call, result, err);
}

static const struct option options[] = {
    {.name = "sort", .kind = VALUE_MEASURE, .fallback = "column", .summary = "the measure that ranks, largest first"},
    {.name = "order", .kind = VALUE_ENUM, .values = "descending|ascending", .summary = "ascending: smallest first"},
    {.name = "top", .kind = VALUE_INT, .fallback = "20", .summary = "the first so many heads", .lo = 1, .hi = 1e9},
    OPTIONS_TEXTS,
    OPTION_FIGURE,
    {0}};
static const struct arg args[] = {
    {.name = "cluster", .kind = ARG_ACTION, .optional = true, .summary = "a map of the heads"},
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads; all of them"},
    {0}};

extern const struct command command_heads;
const struct command command_heads = {
    .name = "heads",
    .actions = "cluster",
    .group = "measures",
    .keywords = "measures|cluster|mds|clusters of heads|rank|ranking|sort|entropy|best heads|compare heads|head importance|statistics|list heads",
    .summary = "every head's measures, ranked by one of them",
    .help =
        "A row a head of one run with all measures that one pass over its map gives, ranked by sort=, largest first "
        "(order=ascending: "
        "smallest); the formula of that measure, its source and what the uniform map gives stand above the table. column: ratio "
        "of the "
        "strongest column, 0 where there is none. ratio: largest n·c_j of any key. first: mass of the first key. entropy: of the "
        "rows, in "
        "nats. distance: between query and key, in tokens. previous, next, self, special: mass on the token before, after, on "
        "itself, on "
        "special tokens. share, of the scores' variance that columns make, costs a second map and is made where sort= names it. "
        "So are cls and sep (mass on the special token in front, and on those behind), first_entropy (of the first query's row), "
        "evenness (entropy / ln of the keys), distance_rest (without the first token), incoming (keys above the average by 3), "
        "effective_rank of the map, stable_rank of the head's output, and the layer's mixing, mixing_residual, mixing_layernorm. "
        "\n\n"
        "cluster places the heads in a plane so that like ones are near: the distance of two heads is the Jensen-Shannon divergence "
        "of their rows (smoothed: 0.999 A + 0.001/n, natural logarithm), summed over the queries of the run, or of all texts of "
        "texts=FILE, cut to one length (Clark et al. 2019; js_row, divided by the queries, is gaze's own); then classical scaling "
        "(Torgerson 1952), whose axes hold the share of the variance that the note says. In csv and json a row a head, with the "
        "head nearest to it.\n\n"
        "- stands where a measure does not apply or a map is not finite.",
    .examples = "heads\n"
                "heads sort=entropy top=5\n"
                "heads sort=entropy order=ascending\n"
                "heads @1 L0-2 sort=previous\n"
                "heads cluster\n"
                "heads cluster texts=corpus.txt length=64 > heads.pdf\n"
                "heads sort=special format=csv > heads.csv",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
