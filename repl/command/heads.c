/* heads: every measure of each head in one run side by side, ranked by one of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/result/figure.h"
#include "repl/run/heads_cluster.h"
#include "repl/run/heads_numbers.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"

struct table {
    struct heads_numbers numbers;
    struct site_row row;
    size_t *order; /* [sites.n] sites as ranked */
};

/* Is site a to stand before site b? What has no value last; equals in the order of layers and heads. */
static bool before(const struct table *t, size_t a, size_t b, bool descending)
{
    const struct heads_numbers *h = &t->numbers;
    double x = h->values[a * h->n + h->sort], y = h->values[b * h->n + h->sort];
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
    struct buf text = {0};
    heads_numbers_say(&t->numbers, &text);
    if (shown < t->numbers.sites.n)
        buf_printf(&text, "; %zu of %zu heads", shown, t->numbers.sites.n);
    buf_char(&text, '\n');
    bool ok = buf_ok(&text, err) && result_prose(result, buf_view(&text), err);
    buf_free(&text);
    return ok;
}

static struct cell_value cell_of(const struct measure *m, double value, bool broken)
{
    if (isnan(value) && !broken)
        return (struct cell_value){.kind = CELL_NONE, .text = STR("-")};
    if (m->words && !isnan(value))
        return text_cell(str_of(m->words[(size_t)value]));
    return (struct cell_value){.kind = CELL_NUMBER, .number = value, .digits = 3};
}

static bool put_row(const struct table *t, size_t site, bool person, struct result *result, struct err *err)
{
    const struct heads_numbers *h = &t->numbers;
    struct cell_value cells[HEADS_MEASURES + SITE_CELLS + 2];
    struct buf name = {0};
    size_t n = 0;
    site_name(h->sites.site[site], &name);
    if (person)
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&name)};
    else
        n = site_cells(h->sites.site[site], t->row, cells);
    for (size_t m = 0; m < h->n; m++)
        cells[n++] = cell_of(h->shown[m], h->values[site * h->n + m], h->broken[site]);
    if (h->permuted)
        cells[n++] = cell_of(h->shown[h->sort], h->permuted[site], false);
    if (h->random)
        cells[n++] = cell_of(h->shown[h->sort], h->random[site], false);
    bool ok = buf_ok(&name, err) && result_row(result, cells, n, err);
    buf_free(&name);
    return ok;
}

static bool put(const struct table *t, size_t top, struct result *result, struct err *err)
{
    const struct heads_numbers *h = &t->numbers;
    bool person = strcmp(result_format(result), "table") == 0;
    size_t shown = top < h->sites.n ? top : h->sites.n, broken = 0;
    struct buf header = {0};
    buf_puts(&header, person ? "site" : site_header(t->row));
    for (size_t m = 0; m < h->n; m++)
        buf_printf(&header, ",%s", h->shown[m]->name);
    buf_printf(&header, "%s%s", h->permuted ? ",permuted" : "", h->random ? ",random" : "");
    bool ok = buf_ok(&header, err) && result_columns(result, buf_cstr(&header), err);
    buf_free(&header);
    ok = ok && (!person || say(t, shown, result, err));
    for (size_t i = 0; ok && i < shown; i++)
        ok = put_row(t, t->order[i], person, result, err);
    for (size_t s = 0; s < h->sites.n; s++)
        broken += h->broken[s];
    if (ok && broken)
        result_note(result, "%zu of %zu maps %s not finite", broken, h->sites.n, broken == 1 ? "is" : "are");
    return ok;
}

static bool heads_run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct table t = {0};
    struct heads_numbers *h = &t.numbers;
    const struct measure *sort = measure_named(call_str(call, "sort"));
    bool ok = heads_numbers_make(session, call, "sort", false, h, err);
    t.row.stack = sites_tell_stack(h->sites.site, h->sites.n);
    t.order = ok ? mem_new(h->sites.n, sizeof *t.order, "values of heads", err) : NULL;
    size_t *scratch = t.order ? mem_new(h->sites.n, sizeof *scratch, "values of heads", err) : NULL;
    ok = scratch != NULL;
    for (size_t i = 0; ok && i < h->sites.n; i++)
        t.order[i] = i;
    if (ok) {
        struct str order = call_str(call, "order");
        rank(&t, 0, h->sites.n, scratch, str_is(order, "descending") || (!order.n && sort->descending));
        ok = put(&t, (size_t)call_int(call, "top"), result, err);
    }
    heads_numbers_free(h);
    free(t.order);
    free(scratch);
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
    static const char *const of_ranks[] = {"sort", "order", "top", "references", NULL};
    static const char *const of_cluster[] = {"title", "size", NULL};
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
    OPTION_REFERENCES,
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
        "pattern names one of the five of Kovaleva et al. (2019), by vertical (mass in columns), diagonal and block, with "
        "thresholds of gaze's own. references=permuted adds what the ranking measure gives where the keys of each row are permuted, "
        "references=all also that of the same model with random weights.\n\n"
        "texts=FILE measures every line, cut to one length (shorter ones are left out), and gives the means; a class is the "
        "commonest. sort=variability holds the texts against each other: how much of a head's map changes with the text (Vig and "
        "Belinkov 2019), 0 where it is the same whatever the text says. (In scan the same measures have intervals, and texts keep "
        "their own lengths.)\n\n"
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
                "heads sort=variability texts=corpus.txt length=32\n"
                "heads sort=entropy references=all\n"
                "heads cluster\n"
                "heads cluster texts=corpus.txt length=64 > heads.pdf\n"
                "heads sort=special format=csv > heads.csv",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
