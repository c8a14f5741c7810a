/* columns: keys that draw attention from all queries, largest ratio first; with texts=, over the lines of a file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/column.h"
#include "repl/grammar/call.h"
#include "repl/result/figure.h"
#include "repl/run/columns_cause.h"
#include "repl/run/columns_does.h"
#include "repl/run/columns_test.h"
#include "repl/run/columns_texts.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/run/token_choice.h"
#include "repl/terminal/progress.h"

enum { FIXED = SITE_CELLS + 8, SHARES = 12, EDGES = 4 }; /* columns before the terms'; heads whose shares are written above the table */

/* A key of a site among those that are listed. */
struct ranked {
    size_t site;
    const struct column *column;
};

struct listing {
    const struct kept_run *kept;
    struct sites sites;
    struct column_map *maps; /* [sites.n] */
    struct ranked *ranked;
    size_t n, keys; /* listed; in all maps */
    size_t n_terms; /* of all sites together */
    const struct term *terms[STACK_KINDS * MAX_TERMS];
    bool split[SPLITS];    /* some map has this part of the content */
    bool crossed;          /* queries or keys make something of an edge in some map */
    struct site_row row;
    struct column_rule rule;
    size_t broken;       /* maps that are not finite */
    bool table;          /* for a person */
    bool masked, causal; /* some map has keys that a query does not see; some have α */
};

static const struct attention *attention_of(const struct listing *l, size_t s)
{
    return run_attention(l->kept->run, l->sites.site[s], NULL);
}

/* Sites of several stacks may have terms of their own: each has a column. */
static void gather_terms(struct listing *l)
{
    for (size_t s = 0; s < l->sites.n; s++) {
        const struct attention *a = attention_of(l, s);
        for (size_t t = 0; t < attention_terms(a); t++) {
            size_t known = 0;
            while (known < l->n_terms && strcmp(l->terms[known]->name, a->terms[t]->name) != 0)
                known++;
            if (known == l->n_terms)
                l->terms[l->n_terms++] = a->terms[t];
        }
    }
}

/* Which parts of columns some map has: the others have no column in the table. */
static void gather_parts(struct listing *l)
{
    for (size_t s = 0; s < l->sites.n; s++)
        for (size_t p = 0; p < SPLITS; p++)
            l->split[p] = l->split[p] || l->maps[s].split_made >> p & 1;
    for (size_t s = 0; s < l->sites.n; s++)
        for (size_t j = 0; j < l->maps[s].n; j++) {
            const struct column *c = &l->maps[s].columns[j];
            l->crossed = l->crossed || (isfinite(c->by_queries) && (c->by_queries != 0 || c->by_keys != 0));
        }
}

/* The number of a term among this site's own, or MAX_TERMS. */
static size_t own_term(const struct attention *a, const struct term *term)
{
    size_t t = 0, n = attention_terms(a);
    while (t < n && strcmp(a->terms[t]->name, term->name) != 0)
        t++;
    return t < n ? t : MAX_TERMS;
}

static int by_ratio(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->column->ratio != y->column->ratio)
        return x->column->ratio < y->column->ratio ? 1 : -1;
    if (x->site != y->site)
        return x->site < y->site ? -1 : 1;
    return x->column->key < y->column->key ? -1 : 1;
}

static bool rank(struct listing *l, bool all, size_t top, struct err *err)
{
    for (size_t s = 0; s < l->sites.n; s++) {
        l->keys += l->maps[s].n;
        l->broken += l->maps[s].not_finite;
        l->masked = l->masked || attention_of(l, s)->mask.lo || attention_of(l, s)->mask.bitmap;
        for (size_t j = 0; j < l->maps[s].n; j++)
            l->causal = l->causal || !isnan(l->maps[s].columns[j].alpha);
    }
    l->ranked = mem_new(l->keys, sizeof *l->ranked, "the columns", err);
    if (!l->ranked)
        return false;
    for (size_t s = 0; s < l->sites.n; s++)
        for (size_t j = 0; !l->maps[s].not_finite && j < l->maps[s].n; j++)
            if (all || l->maps[s].columns[j].is_column)
                l->ranked[l->n++] = (struct ranked){s, &l->maps[s].columns[j]};
    qsort(l->ranked, l->n, sizeof *l->ranked, by_ratio);
    if (top && top < l->n)
        l->n = top;
    return true;
}

/* ---- what stands above the table ---- */

static void say_share(const struct listing *l, size_t s, struct buf *out)
{
    const struct column_map *map = &l->maps[s];
    site_name(l->sites.site[s], out);
    if (isnan(map->share))
        buf_puts(out, ": no share");
    else
        buf_printf(out, ": share %.3f", map->share);
    for (size_t t = 0; t < map->n_terms; t++)
        if (!isnan(map->term_share[t]))
            buf_printf(out, "%s %s %.3f", t ? "," : "; of it", attention_of(l, s)->terms[t]->name, map->term_share[t]);
    for (size_t p = 0, said = 0; p < SPLITS; p++)
        if (!isnan(map->split_share[p])) {
            buf_printf(out, "%s %s %.3f", said++ ? "," : "; of the content", splits[p]->name, map->split_share[p]);
        }
    if (!isnan(map->edge_share))
        buf_printf(out, "; edge %.3f", map->edge_share);
    if (map->left_out)
        buf_printf(out, "; %zu keys that fewer than 8 queries see are left out of the fit", map->left_out);
    buf_char(out, '\n');
}

/* Shares belong to a map, not to a key: one line for each head that is listed. */
static void say_shares(const struct listing *l, struct buf *out)
{
    size_t said = 0, heads = 0;
    for (size_t i = 0; i < l->n; i++) {
        bool before = false;
        for (size_t k = 0; k < i && !before; k++)
            before = l->ranked[k].site == l->ranked[i].site;
        if (before)
            continue;
        heads++;
        if (said < SHARES) {
            say_share(l, l->ranked[i].site, out);
            said++;
        }
        if (heads > 4 * SHARES) /* enough to know that there are more */
            break;
    }
    if (heads > said)
        buf_puts(out, "… and more heads: name one to see its share\n");
}

/* "ratio n·c_j >= 3 and cover >= 2/3 (gaze's own)", or what the options made of it. */
static void say_rule(const struct listing *l, struct buf *out)
{
    if (l->rule.ratio == COLUMN_RATIO && l->rule.cover == COLUMN_COVER)
        buf_puts(out, "ratio n·c_j >= 3 and cover >= 2/3 (gaze's own)");
    else
        buf_printf(out, "ratio n·c_j >= %.4g and cover >= %.4g (as asked; gaze's own: 3 and 2/3)", l->rule.ratio, l->rule.cover);
}

/* How far a key is from being a column: the larger of what ratio and cover lack, as shares of what is asked. */
static double lack(const struct listing *l, const struct column *c)
{
    double ratio = l->rule.ratio > 0 ? (l->rule.ratio - c->ratio) / l->rule.ratio : 0;
    double cover = l->rule.cover > 0 && !isnan(c->cover) ? (l->rule.cover - c->cover) / l->rule.cover : isnan(c->cover);
    return fmax(fmax(ratio, cover), 0);
}

/* The keys that come nearest, and what they lack. */
static void say_misses(const struct listing *l, struct buf *out)
{
    enum { MISSES = 3 };
    struct ranked near[MISSES + 1];
    size_t n = 0;
    for (size_t s = 0; s < l->sites.n; s++)
        for (size_t j = 0; !l->maps[s].not_finite && j < l->maps[s].n; j++) {
            const struct column *c = &l->maps[s].columns[j];
            size_t at = n;
            for (; at > 0 && lack(l, c) < lack(l, near[at - 1].column); at--)
                near[at] = near[at - 1];
            near[at] = (struct ranked){s, c};
            n += n < MISSES;
        }
    for (size_t i = 0; i < n; i++) {
        const struct column *c = near[i].column;
        struct buf token = {0};
        buf_puts(out, i ? "\n" : ";\nthe nearest:\n");
        site_name(l->sites.site[near[i].site], out);
        token_label(spelled_of(l->kept->run, attention_of(l, near[i].site)->keys, l->sites.site[near[i].site].text), c->key,
                    &token);
        buf_printf(out, " key %zu %.*s: ratio %.2f", c->key, STR_ARGS(buf_view(&token)), c->ratio);
        if (c->ratio < l->rule.ratio)
            buf_printf(out, " (%.2f short)", l->rule.ratio - c->ratio);
        if (!isnan(c->cover))
            buf_printf(out, ", cover %.2f", c->cover);
        if (c->cover < l->rule.cover)
            buf_printf(out, " (%.2f short)", l->rule.cover - c->cover);
        buf_free(&token);
    }
    buf_puts(out, n ? "\nall=on ranks every key" : "");
}

static void say_none(const struct listing *l, struct buf *out)
{
    buf_printf(out, "none: no key of %zu map%s is a column: ", l->sites.n - l->broken, l->sites.n - l->broken == 1 ? "" : "s");
    say_rule(l, out);
    say_misses(l, out);
}

/* What learned sinks take of each head's mass, which no key has: 1 − Σ_j c_j. */
static void say_sinks(const struct listing *l, struct result *result)
{
    enum { NAMED = 8 };
    struct buf line = {0};
    size_t n = 0;
    for (size_t s = 0; s < l->sites.n; s++) {
        double left = 1;
        if (!attention_of(l, s)->sink || l->maps[s].not_finite || n++ >= NAMED)
            continue;
        for (size_t j = 0; j < l->maps[s].n; j++)
            left -= l->maps[s].columns[j].mass;
        buf_puts(&line, n > 1 ? ", " : "");
        site_name(l->sites.site[s], &line);
        buf_printf(&line, " %.3f", left);
    }
    if (n)
        result_note(result, "learned sinks, beside the keys, take of the mass: %s%s", buf_cstr(&line),
                    n > NAMED ? ", \u2026" : "");
    buf_free(&line);
}

/* One line of formulas and the heads' shares, for a person (text comes before a table's rows, whenever it is given); that there
 * is none, and maps that are not finite, are said in every format. */
static bool say(const struct listing *l, struct result *result, struct err *err)
{
    struct buf text = {0};
    if (l->table && l->n) {
        buf_puts(&text, l->masked
                            ? "c_j = (1/n)·Σ_i A_ij; ratio and cover take m_i, the keys that i sees, for n: mean of m_i·A_ij, i "
                              "!= j with A_ij >= 2/m_i; "
                            : "c_j = (1/n)·Σ_i A_ij; cover: i != j with A_ij >= 2/n; ");
        buf_puts(&text, l->causal ? "alpha_j = Σ_{i>=j} A_ij/(n-j); column: " : "column: ");
        say_rule(l, &text);
        buf_puts(&text, "; help columns\n");
        say_shares(l, &text);
    }
    if (!l->n && l->broken < l->sites.n)
        say_none(l, &text);
    if (l->broken)
        buf_printf(&text, "%s%zu of %zu maps %s not finite: left out", text.n && !l->n ? "\n" : "", l->broken, l->sites.n,
                   l->broken == 1 ? "is" : "are");
    bool ok = buf_ok(&text, err);
    if (ok && l->table && text.n)
        ok = result_prose(result, buf_view(&text), err);
    else if (ok && text.n)
        result_note(result, "%s", buf_cstr(&text));
    buf_free(&text);
    if (ok)
        say_sinks(l, result);
    return ok;
}

/* ---- the table ---- */

static struct cell_value number(double value, int digits)
{
    return number_cell_or(value, digits, STR("-")); /* maps that are not finite are not listed: what is NaN here is not defined */
}

static bool put_header(const struct listing *l, struct result *result, struct err *err)
{
    struct buf header = {0};
    buf_printf(&header, "%s,index,token,mass,%sratio,cover,median,nats", l->table ? "site" : site_header(l->row),
               l->causal ? "alpha," : "");
    for (size_t t = 0; t < l->n_terms; t++)
        buf_printf(&header, ",nats_%s", l->terms[t]->name);
    for (size_t p = 0; p < SPLITS; p++)
        if (l->split[p])
            buf_printf(&header, ",nats_%s", splits[p]->name);
    buf_puts(&header, l->crossed ? ",edge,keys,edge_queries,edge_keys" : ",edge");
    bool ok = buf_ok(&header, err) && result_columns(result, buf_cstr(&header), err);
    buf_free(&header);
    return ok;
}

static bool put_row(const struct listing *l, const struct ranked *r, struct result *result, struct err *err)
{
    struct site site = l->sites.site[r->site];
    const struct column *c = r->column;
    struct buf token = {0}, name = {0};
    const struct attention *a = attention_of(l, r->site);
    struct cell_value cells[FIXED + STACK_KINDS * MAX_TERMS + SPLITS + EDGES];
    size_t n = 0;
    if (l->table)
        token_label(spelled_of(l->kept->run, a->keys, site.text), c->key, &token);
    else /* machines get the vocabulary's string, as in maps */
        buf_str(&token, a->keys->texts[site.text].tokens[c->key].string);
    site_name(site, &name);
    if (l->table)
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&name)};
    else
        n = site_cells(site, l->row, cells);
    cells[n++] = int_cell(c->key);
    cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&token)};
    cells[n++] = number(c->mass, 3);
    if (l->causal)
        cells[n++] = number(c->alpha, 3);
    cells[n++] = number(c->ratio, 2);
    cells[n++] = number(c->cover, 2);
    cells[n++] = number(c->median, 2);
    cells[n++] = number(c->nats, 2);
    for (size_t t = 0; t < l->n_terms; t++)
        cells[n++] = own_term(a, l->terms[t]) < MAX_TERMS ? number(c->term[own_term(a, l->terms[t])], 2)
                                                          : (struct cell_value){.kind = CELL_NONE};
    for (size_t p = 0; p < SPLITS; p++)
        if (l->split[p])
            cells[n++] = isfinite(c->split[p]) ? number(c->split[p], 2) : (struct cell_value){.kind = CELL_NONE};
    const double edges[EDGES] = {c->edge, c->keys, c->by_queries, c->by_keys};
    for (size_t e = 0; e < (l->crossed ? EDGES : 1); e++)
        cells[n++] = number(edges[e], 2);
    bool ok = buf_ok(&token, err) && buf_ok(&name, err) && result_row(result, cells, n, err);
    buf_free(&token);
    buf_free(&name);
    return ok;
}

static bool list(struct listing *l, const struct call *call, struct result *result, struct err *err)
{
    size_t top = call_given(call, "top") ? (size_t)call_int(call, "top") : 0;
    gather_parts(l);
    if (!rank(l, call_flag(call, "all"), top, err) || !put_header(l, result, err) || !say(l, result, err))
        return false;
    for (size_t i = 0; i < l->n; i++)
        if (!put_row(l, &l->ranked[i], result, err))
            return false;
    return true;
}

static bool columns_run(struct session *session, const struct call *call, const struct column_rule *rule, struct result *result,
                        struct err *err)
{
    struct listing l = {.rule = *rule, .table = strcmp(result_format(result), "table") == 0};
    struct kept_run **runs = NULL;
    size_t n_runs;
    bool ok = select_runs(session, call, &runs, &n_runs, err);
    if (ok) {
        l.kept = runs[0];
        ok = select_sites(session, call, l.kept, SELECT_ALL, &l.sites, err);
    }
    if (ok) {
        gather_terms(&l);
        l.row.stack = sites_tell_stack(l.sites.site, l.sites.n);
        l.maps = mem_new(l.sites.n, sizeof *l.maps, "columns of the heads", err);
        ok = l.maps != NULL;
    }
    if (ok) {
        struct progress progress;
        struct watch watch = progress_begin(&progress, session, "heads");
        ok = column_maps(l.kept->run, l.sites.site, l.sites.n, rule, &watch, l.maps, err);
        progress_end(&progress);
    }
    ok = ok && list(&l, call, result, err);
    for (size_t s = 0; l.maps && s < l.sites.n; s++)
        column_map_free(&l.maps[s]);
    free(l.maps);
    free(l.ranked);
    sites_free(&l.sites);
    free(runs);
    return ok;
}

/* Options of the one form in the other. */
static bool only_with(const struct call *call, const char *const *options, const char *why, struct err *err)
{
    for (; *options; options++)
        if (call_given(call, *options)) {
            err_set(err, ERR_ARG, "%s= %s", *options, why);
            return call_blame_option(call, *options, err);
        }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    static const char *const of_texts[] = {"length", "add_special", "front", "seed", "least", NULL};
    static const char *const of_run[] = {"all", "top", NULL}, *const of_test[] = {"n", NULL};
    static const char *const of_twins[] = {"twins", NULL};
    static const char *const of_picture[] = {"title", "size", "dpi", "font", "fontsize", "caption", "palette", NULL};
    static const char *const of_counts[] = {"least", NULL}, *const of_cause[] = {"dims", "controls", "freq", NULL};
    struct column_rule rule = {COLUMN_RATIO, COLUMN_COVER};
    if (call_given(call, "ratio"))
        rule.ratio = call_float(call, "ratio");
    if (call_given(call, "cover"))
        rule.cover = call_float(call, "cover");
    const struct call_word *action = call_arg(call, ARG_ACTION, 0);
    bool test = action && str_is(action->text, "test");
    if (!test && (!only_with(call, of_twins, "belongs to columns test", err) ||
                  !only_with(call, of_picture, "belongs to the picture of columns test", err)))
        return false;
    if (action && str_is(action->text, "cause"))
        return only_with(call, of_run, "ranks the keys of one run: leave it out of columns cause", err) &&
               only_with(call, of_counts, "belongs to texts=FILE without cause", err) && columns_cause(session, call, &rule, result, err);
    if (!only_with(call, of_cause, "belongs to columns cause", err))
        return false;
    if (action && str_is(action->text, "does"))
        return only_with(call, of_run, "ranks the keys of one run: leave it out of columns does", err) &&
               only_with(call, of_counts, "belongs to texts=FILE without does", err) &&
               (call_given(call, "texts") || (only_with(call, of_texts, "belongs to texts=FILE", err) && only_with(call, of_test, "belongs to texts=FILE", err))) &&
               columns_does(session, call, &rule, result, err);
    if (action)
        return only_with(call, of_run, "ranks the keys of one run: leave it out of columns test", err) &&
               only_with(call, of_counts, "belongs to texts=FILE without test", err) &&
               columns_test(session, call, &rule, result, err);
    if (call_given(call, "n"))
        return only_with(call, of_test, "belongs to columns test", err);
    if (call_given(call, "texts"))
        return only_with(call, of_run, "ranks the keys of one run: leave it out with texts=", err) &&
               columns_texts(session, call, &rule, result, err);
    return only_with(call, of_texts, "belongs to texts=FILE", err) && columns_run(session, call, &rule, result, err);
}

static const struct option options[] = {
    {.name = "all", .kind = VALUE_FLAG, .fallback = "off", .summary = "every key, not only those that are columns"},
    {.name = "top", .kind = VALUE_INT, .summary = "the first so many rows", .lo = 1, .hi = 1e9},
    {.name = "ratio", .kind = VALUE_FLOAT, .fallback = "3", .summary = "least n·c_j of a column", .lo = 0, .hi = 1e9},
    {.name = "cover",
     .kind = VALUE_FLOAT,
     .fallback = "0.667",
     .summary = "least share of the queries with A_ij >= 2/n",
     .lo = 0,
     .hi = 1},
    OPTIONS_TEXTS,
    {.name = "n", .kind = VALUE_INT, .fallback = "64", .summary = "of test, cause and does: how many texts", .lo = 4, .hi = 1e6},
    {.name = "dims", .kind = VALUE_IDS, .summary = "of cause: dimensions that are zeroed; else those that the rule of weights finds (outliers)"},
    {.name = "controls",
     .kind = VALUE_INT,
     .fallback = "100",
     .summary = "of cause: so many random control sets, a fifth of it matched ones",
     .lo = 0,
     .hi = 10000},
    {.name = "twins",
     .kind = VALUE_INT,
     .fallback = "5",
     .summary = "of test: so many models of shuffled, and of fresh weights, are held against it; 0: none",
     .lo = 0,
     .hi = 100},
    {.name = "freq", .kind = VALUE_FILE, .summary = "of cause: a token and its count a line; how dimensions and mass go with frequency, in place of the cross"},
    {.name = "seed", .kind = VALUE_INT, .fallback = "1", .summary = "of permuted maps and random words", .lo = 0, .hi = 9e15},
    {.name = "least",
     .kind = VALUE_INT,
     .fallback = "10",
     .summary = "texts that must be able to show a listed hypothesis",
     .lo = 1,
     .hi = 1e9},
    {.name = "palette", .kind = VALUE_PALETTE, .summary = "colour map of the picture of test"},
    OPTION_FIGURE,
    {0}};
static const struct arg args[] = {
    {.name = "test", .kind = ARG_ACTION, .optional = true, .summary = "test: what each column is bound to; cause: what carries it; does: what it does"},
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads; all of them"},
    {0}};

extern const struct command command_columns;
const struct command command_columns = {
    .name = "columns",
    .actions = "test|cause|does",
    .group = "measures",
    .keywords = "sink|attention sink|vertical|stripe|always the same index|null attention|no-op|noop|first "
                "token|bos|cls|sep|broadcast|massive|anchor|streaming",
    .summary = "keys that draw attention from all queries",
    .help =
        "Lists the keys that are columns: n·c_j >= 3, c_j = (1/n)·Σ_i A_ij, and A_ij >= 2/n in at least 2/3 of the queries i "
        "!= j; largest ratio first. Beside it the column part of the scores in nats (exp of it is the key's factor over the "
        "geometric-mean key), split over the terms; in the first layer of models with absolute positions the content is split again into "
        "words and positions of query and key (w2w, w2p, p2w, p2p, the rest: help show), and in every layer the query's bias is told "
        "apart (qbias, b_Q·k_j). Of terms of relative positions edge is what they make of the mean query and the mean key, at the ends "
        "of a text, whatever its content; edge_queries and edge_keys what queries and keys that differ from the mean make beside it (the "
        "interactions); keys all the rest, what a key's own content makes wherever it stands. share = "
        "n·Σ_j c_j² / Σ_ij (s_ij - μ - r_i)² of s_ij = μ + r_i + c_j + e_ij (two-way ANOVA). Definition and thresholds are "
        "gaze's own; ratio= and cover= put others in their place. Where queries do not see all keys each counts against the m_i "
        "keys that it sees: ratio is the mean of m_i·A_ij, cover asks for A_ij >= 2/m_i; causal maps have alpha beside the mass, "
        "the mean over the queries that may see the key (Gu et al. 2025, at any key). In a model without absolute positions a "
        "column at index 0 is "
        "bound to the start of the text, not to its index.\n"
        "\n"
        "texts=FILE runs every line (blank ones do not count) in the model in use. All texts counted have exactly length= "
        "tokens (the median where it is not given, at most 128): longer ones are cut by leaving out their own last tokens, "
        "shorter ones are left out, because the rule finds more columns in longer texts. The even lines give the candidates of "
        "each head: index k, k from the end (0: the last), a special token, a token; those that held in at least two texts, "
        "the surest eight. The odd lines give the counts: in how many of the texts that have such a key (one of them) is a "
        "column, Wilson's 95 % interval of that rate, and the rate that chance gives (the same maps, the keys of each row "
        "permuted, four times). Hypotheses that held in exactly the same texts are one row: these texts do not tell them "
        "apart. A table has a row a hypothesis, with the heads that have the same counts, and leaves out what held in no text "
        "or in one, and what fewer than least= texts could show: one text in which a word is a column is no evidence that the "
        "word is what the column follows. CSV and JSON have a row for every hypothesis of every head. add_special=off and "
        "front=TOKEN run the texts without special tokens and with one more token in front of all others, where they may come "
        "apart.\n"
        "\n"
        "test says what a column is bound to, over n= texts of one length (lines of texts=, those that are the same once; "
        "without it random words of the vocabulary). Heads that have a column in half of the even texts are measured on the odd ones: at the first and the last "
        "place by the square special token {there, replaced by each of five words} x place {occupied, vacant: all position ids "
        "shifted; without position ids, and at the end, by a word put there, for which one of the text goes}. ρ is the ratio of "
        "the means over texts of n·c - 1, with Fieller's 90 % interval; a cause suffices where ρ holds in [0.8, 1.25] without the "
        "other (two one-sided tests, 5 %), and is needed where ρ is below 0.5 without it. Verdicts: the index (or start, or end) "
        "suffices, the token suffices, either, only both together, neither is needed, undecided. A column among the inner keys is "
        "text-bound where neither its commonest index nor its commonest token keeps it (keys chosen by the even queries, masses "
        "by the odd ones). A variant in which the loss of the model's own head rises by more than 1 nat a word decides nothing. p "
        "of a verdict is the largest over all it requires; Benjamini-Hochberg at 5 % over all verdicts tested. In a model without "
        "absolute positions the word is start, not index; where no special token stands at the place it alone is asked for. Of an "
        "encoder-decoder the heads of L and X are tested by variants of the source, those of D by variants of the target, which is the "
        "source moved right behind the decoder's start token; the other side stays as it is.\n"
        "Beside n·c of a column stand a random key of the same text, the same place in twins= models of weights shuffled within each "
        "tensor and as many of fresh ones (load weights=shuffled, weights=random), and the same maps with the keys of each row permuted; "
        "beside ρ the loss and how far the rest of the map moved (Jensen-Shannon divergence, nats); of causal maps α_0 and how many texts "
        "have α_0 > 0.3 (Gu et al. 2025). The variance of n·c over keys, texts and variants is split into index, token, text and residual "
        "by the method of moments (Henderson 1953, method 3; even and odd queries are two looks at one key). The picture, in a terminal or "
        "> FILE.png: the square of each end with intervals, and columns by variants. csv and json hold more: the exchange of first token "
        "and first word, where the mass went with neither cause (went), every interval. The test, its margins and its words are gaze's "
        "own.\n"
        "\n"
        "cause crosses that square with dimensions that are zeroed (dims=, else those that the rule of weights finds: outliers) in the "
        "position table, in the words' rows, behind the norms or in all hidden states, and with control sets: controls= random ones of "
        "as many dimensions, and a fifth as many random ones that hold as much of the sum of squares there. Columns are counted over "
        "all heads and texts; ρ is what stays of n·c - 1 of the heads that have the column, pooled. Dimensions carry the columns of an "
        "end where the upper bound of ρ is below 0.5 and the matched sets' 5th to 95th percentile lies in [0.8, 1.25], and leave them "
        "where ρ holds in [0.8, 1.25] (two one-sided tests); a place in which the loss rises by more than 1 nat decides nothing. ln is the "
        "change of the log excess by text; x token and x place say how much more it changes with the special token there than replaced, "
        "and with the place occupied than vacant. Inner columns are told of that inner key of each text and head which the even "
        "queries look at most, by the odd queries. freq=FILE, a list of tokens as the vocabulary writes them with their counts, "
        "tells in place of the cross how |h_d| of the dimensions and the mass of tokens go with the logarithm of their "
        "frequency in each layer, special tokens apart, beside controls= other dimensions (Puccetti et al. 2022). The question "
        "is that of Luo et al. 2021 (positions) and Puccetti et al. 2022 (words).\n"
        "\n"
        "does says what columns do, in one run or over the texts of a file: the norm of what the head adds from the column's token over "
        "the median of the other tokens, the stable rank of the head's output with the column and without it (weights renormalised), and "
        "how alike the column's values are between texts (cosine). A nop adds next to nothing, a broadcast makes the output low in rank "
        "(Fesser et al. 2026, of vision transformers), a constant is the same in every text: a bias. Beside it massive activations and "
        "the outlier dimensions of the first and the last token, with the state in which they arise (Sun et al. 2024; outliers).",
    .examples = "columns\n"
                "columns L5\n"
                "columns @1 L0-2.H* all=on top=20\n"
                "columns format=csv > columns.csv\n"
                "columns texts=corpus.txt length=96\n"
                "columns L5 texts=corpus.txt add_special=off\n"
                "columns test texts=corpus.txt length=32\n"
                "columns test texts=corpus.txt length=32 size=acl2 > squares.pdf\n"
                "columns test D* X* texts=corpus.txt length=32\n"
                "columns does texts=corpus.txt length=32\n"
                "columns cause dims=77,588 texts=corpus.txt length=32\n"
                "columns cause dims=77,588 texts=corpus.txt freq=counts.txt\n"
                "columns test L0-2 texts=corpus.txt n=128 format=csv > verdicts.csv",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
