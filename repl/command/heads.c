/* heads: one number a head in one run, ranked, its formula and source beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/measure.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/run/site.h"

struct ranked {
    struct site site;
    double value;
    size_t order;
};

/* Largest first where the measure says so; what has no value last; equals in the order of layers and heads. */
static int descending(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (isnan(x->value) != isnan(y->value))
        return isnan(x->value) ? 1 : -1;
    if (x->value != y->value && !isnan(x->value))
        return x->value < y->value ? 1 : -1;
    return x->order < y->order ? -1 : 1;
}

static int ascending(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return isnan(x->value) || isnan(y->value) || x->value == y->value ? descending(a, b) : descending(b, a);
}

static bool say(const struct run *run, const struct measure *m, struct site site, size_t shown, size_t n, struct result *result,
                struct err *err)
{
    struct buf text = {0};
    double uniform;
    if (!measure_uniform(run, m, site, &uniform, err))
        return false;
    buf_printf(&text, "%s: %s (%s); the uniform map gives %.4g", m->name, m->formula, m->source, uniform);
    if (shown < n)
        buf_printf(&text, "; %zu of %zu heads", shown, n);
    buf_char(&text, '\n');
    bool ok = buf_ok(&text, err) && result_text(result, buf_view(&text), err);
    buf_free(&text);
    return ok;
}

static bool put(const struct run *run, const struct measure *m, struct ranked *ranked, size_t n, size_t top,
                struct result *result, struct err *err)
{
    size_t shown = top < n ? top : n;
    qsort(ranked, n, sizeof *ranked, m->descending ? descending : ascending);
    struct site_row row = {0};
    char header[60];
    for (size_t i = 0; i < n; i++)
        row.stack |= ranked[i].site.stack != STACK_MAIN;
    snprintf(header, sizeof header, "%s,value,measure", site_header(row));
    if (!result_columns(result, header, err))
        return false;
    if (strcmp(result_format(result), "table") == 0 && !say(run, m, ranked[0].site, shown, n, result, err))
        return false;
    for (size_t i = 0; i < shown; i++) {
        struct cell_value cells[SITE_CELLS + 2];
        size_t c = site_cells(ranked[i].site, row, cells);
        cells[c++] = (struct cell_value){.kind = CELL_NUMBER, .number = ranked[i].value, .digits = 4};
        cells[c++] = (struct cell_value){.kind = CELL_TEXT, .text = str_of(m->name)};
        if (!result_row(result, cells, c, err))
            return false;
    }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs = NULL;
    struct sites sites = {0};
    struct ranked *ranked = NULL;
    double *values = NULL;
    size_t n_runs;
    const struct measure *m = measure_named(call_str(call, "sort"));
    bool ok = select_runs(session, call, &runs, &n_runs, err);
    ok = ok && select_sites(session, call, runs[0], SELECT_ALL, &sites, err);
    if (ok) {
        values = mem_new(sites.n, sizeof *values, "values of heads", err);
        ranked = mem_new(sites.n, sizeof *ranked, "values of heads", err);
        ok = values && ranked && measure_many(runs[0]->run, &m, 1, sites.site, sites.n, NULL, values, NULL, err);
    }
    for (size_t i = 0; ok && i < sites.n; i++)
        ranked[i] = (struct ranked){sites.site[i], values[i], i};
    ok = ok && put(runs[0]->run, m, ranked, sites.n, (size_t)call_int(call, "top"), result, err);
    free(values);
    free(ranked);
    sites_free(&sites);
    free(runs);
    return ok;
}

static const struct option options[] = {
    {.name = "sort", .kind = VALUE_MEASURE, .fallback = "column", .summary = "which measure, largest first"},
    {.name = "top", .kind = VALUE_INT, .fallback = "20", .summary = "the first so many heads", .lo = 1, .hi = 1e9},
    {0}};
static const struct arg args[] = {
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads; all of them"},
    {0}};

extern const struct command command_heads;
const struct command command_heads = {
    .name = "heads",
    .group = "measures",
    .summary = "heads ranked by a measure of one run",
    .help = "One number for each head of one run, largest first; its formula, its source and what the uniform map gives stand above the "
            "table. column: ratio of the strongest column, 0 where there is none. entropy: of the rows, in nats. distance: between "
            "query and key, in tokens. previous, next, self, special: mass on the token before, after, on itself, on special tokens.",
    .examples = "heads\n"
                "heads sort=entropy top=5\n"
                "heads @1 L0-2 sort=previous\n"
                "heads sort=special format=csv > heads.csv",
    .options = options,
    .args = args,
    .run = run,
};
