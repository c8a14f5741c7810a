/* stripes: one row a text, the attention that each key draws; over the lines of a file, or over kept runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/map/panel_table.h"
#include "repl/map/stripes_picture.h"
#include "repl/result/figure.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"
#include "viz/chart/chart.h"

enum {
    VALUES = 1 << 26,
    NOTES = 4,
    HEADS_NAMED = 12
}; /* ratios that are kept at most; lines below; heads in a file's provenance */

struct sheet {
    const struct session *session;
    const struct call *call;
    struct arena *arena;
    const struct model *model;
    struct ratio_texts texts;
    struct site *sites;     /* [texts.n_sites] that are shown; of the arena */
    struct kept_run **runs; /* [n_runs], or of a file */
    size_t n_runs;
    size_t length; /* of the main group; 0: there is one group */
    struct str notes[NOTES];
    size_t n_notes;
};

/* ---- texts of a file ---- */

static size_t texts_of_half(const struct texts_file *file, bool all)
{
    struct scan_lines lines = {.rest = file->scan.lines};
    struct str text;
    while (scan_next_line(&lines, &text))
        ;
    return all ? lines.number : (lines.number + 1) / 2; /* the odd lines */
}

/* Rows that may be kept: rows=, and not more than memory is meant for. */
static size_t most_rows(const struct sheet *s, size_t heads, size_t length)
{
    size_t rows = (size_t)call_int(s->call, "rows"), room = (size_t)VALUES / (heads * length);
    room = room > 1 ? room : 1;
    return rows < room ? rows : room;
}

static bool take_sites(struct sheet *s, const struct sites *sites, const size_t *chosen, size_t n, struct err *err)
{
    s->sites = arena_alloc(s->arena, n, sizeof *s->sites, "the heads", err);
    for (size_t i = 0; s->sites && i < n; i++)
        s->sites[i] = sites->site[chosen ? chosen[i] : i];
    s->texts.sites = s->sites;
    s->texts.n_sites = n;
    return s->sites != NULL;
}

/* Where no selector is given: the heads that have columns in the most texts of the even lines. */
static bool choose_heads(struct sheet *s, const struct texts_file *file, const struct scan_options *odd, struct err *err)
{
    size_t most = (size_t)call_int(s->call, "top");
    size_t *chosen = arena_alloc(s->arena, most, sizeof *chosen, "the heads", err);
    struct scan_options even = *odd;
    struct scan_counts counts;
    struct ratio_counts heads;
    if (!chosen || !ratio_counts_new(file->sites.site, file->sites.n, &heads, err))
        return false;
    struct scan_observer observer = ratio_counts_observer(&heads);
    even.half = SCAN_EVEN;
    bool ok = scan(&even, &observer, 1, &counts, err);
    if (ok && !heads.texts) {
        err_set(err, ERR_ARG, "%s has no even line of %zu tokens to choose heads on: name them, as in stripes L0 texts=…",
                file->path, even.shortest);
        ok = call_blame_option(s->call, "texts", err);
    }
    ok = ok && take_sites(s, &file->sites, chosen, ratio_counts_choose(&heads, most, chosen), err);
    ratio_counts_free(&heads);
    return ok;
}

static bool note(struct sheet *s, struct buf *text, struct err *err)
{
    bool ok = buf_ok(text, err) && s->n_notes < NOTES && arena_str(s->arena, buf_view(text), &s->notes[s->n_notes], err);
    s->n_notes += ok;
    buf_free(text);
    return ok;
}

/* "a.txt: 52 texts of 96 tokens (40 longer ones cut), 12 shorter ones below; 3 of fewer than 8 left out" */
static bool note_file(struct sheet *s, const struct texts_file *file, const struct scan_counts *counts,
                      const struct scan_options *o, struct err *err)
{
    struct buf text = {0};
    size_t full = 0;
    for (size_t t = 0; t < s->texts.n; t++)
        full += s->texts.texts[t].n == s->length;
    buf_printf(&text, "%s: %zu text%s of %zu tokens%s (%zu longer ones cut)", file->path, full, full == 1 ? "" : "s", s->length,
               file->length_chosen ? ", the median" : "", counts->cut);
    if (full < s->texts.n)
        buf_printf(&text, ", %zu shorter ones below", s->texts.n - full);
    if (counts->skipped)
        buf_printf(&text, "; %zu of fewer than %zu tokens left out", counts->skipped, o->shortest);
    if (o->no_special)
        buf_puts(&text, "; no special tokens put in");
    if (file->front)
        buf_printf(&text, "; in front of all %s", file->front);
    if (!note(s, &text, err))
        return false;
    bool chosen = o->half == SCAN_ODD;
    if (chosen)
        buf_printf(&text, "heads with columns in the most texts of the even lines, shown on the odd ones%s",
                   o->every > 1 ? "; " : "");
    if (o->every > 1)
        buf_printf(&text, "one text in %zu is shown (rows=)", o->every);
    return !text.n || note(s, &text, err);
}

static bool from_file(struct session *session, struct sheet *s, struct err *err)
{
    struct texts_file file;
    struct scan_counts counts;
    struct progress progress;
    bool all = call_count(s->call, ARG_SELECTOR) > 0;
    if (call_count(s->call, ARG_RUN) > 1)
        return err_set(err, ERR_ARG, "texts= brings its own texts: a run beside it names the model, and one is enough") ||
               call_blame(s->call, call_arg(s->call, ARG_RUN, 1), err);
    if (!texts_file_open(session, s->call, &file, err))
        return false;
    struct scan_options o = file.scan;
    struct watch watch = progress_begin(&progress, session, "texts");
    size_t heads = all ? file.sites.n : (size_t)call_int(s->call, "top"), half = texts_of_half(&file, all);
    size_t rows = most_rows(s, heads, o.length);
    s->model = file.model;
    s->length = o.length;
    o.half = all ? SCAN_ALL : SCAN_ODD;
    o.every = (half + rows - 1) / rows;
    o.watch = &watch;
    o.progress_all = (all ? 1 : 2) * ((half + o.every - 1) / o.every);
    bool ok = all ? take_sites(s, &file.sites, NULL, file.sites.n, err) : choose_heads(s, &file, &o, err);
    o.progress_before = all ? 0 : o.progress_all / 2;
    struct scan_observer observer = ratio_texts_observer(&s->texts);
    ok = ok && scan(&o, &observer, 1, &counts, err);
    progress_end(&progress);
    if (ok && !s->texts.n) {
        err_set(err, ERR_NOT_FOUND, "%s: no line of at least %zu tokens among those shown", file.path, o.shortest);
        ok = call_blame_option(s->call, "texts", err);
    }
    ok = ok && note_file(s, &file, &counts, &o, err);
    texts_file_free(&file);
    return ok;
}

/* ---- kept runs ---- */

static bool only_with_file(const struct call *call, struct err *err)
{
    static const char *const options[] = {"length", "add_special", "front", "rows", "top", NULL};
    for (const char *const *o = options; *o; o++)
        if (call_given(call, *o)) {
            err_set(err, ERR_ARG, "%s= belongs to texts=FILE", *o);
            return call_blame_option(call, *o, err);
        }
    return true;
}

static bool from_runs(struct session *session, struct sheet *s, struct err *err)
{
    struct sites sites = {0};
    if (!call_count(s->call, ARG_RUN))
        return err_set(err, ERR_ARG,
                       "stripes wants many texts: texts=FILE, a text a line, or runs that are kept, as in stripes @1 @2 L5");
    bool ok = only_with_file(s->call, err) && select_runs(session, s->call, &s->runs, &s->n_runs, err) &&
              select_sites(session, s->call, s->runs[0], SELECT_LAST, &sites, err) && take_sites(s, &sites, NULL, sites.n, err);
    for (size_t i = 0; ok && i < s->n_runs; i++) {
        const struct kept_run *kept = s->runs[i];
        s->model = s->runs[0]->run->model;
        if (kept->run->model != s->model) {
            err_set(err, ERR_ARG, "@%zu is a run of %s, @%zu of %s: stripes are of one model", s->runs[0]->number, s->model->name,
                    kept->number, kept->run->model->name);
            ok = call_blame(s->call, call_arg(s->call, ARG_RUN, i), err);
        }
        ok = ok && ratio_texts_add(&s->texts, kept->run, 0, kept->number, kept->number, err);
    }
    sites_free(&sites);
    return ok;
}

/* ---- what is given ---- */

/* A row a key: for those who draw or count themselves. */
static bool give_rows(const struct sheet *s, struct result *result, struct err *err)
{
    const struct sites sites = {.site = s->sites, .n = s->texts.n_sites};
    struct site_row row = {.stack = sites_tell_stack(sites.site, sites.n)};
    char header[100];
    snprintf(header, sizeof header, "text,line,n,%s,index,token,special,ratio", site_header(row));
    bool ok = result_columns(result, header, err);
    for (size_t i = 0; i < s->n_notes; i++)
        result_note(result, "%.*s", STR_ARGS(s->notes[i]));
    for (size_t t = 0; ok && t < s->texts.n; t++)
        for (size_t h = 0; h < s->texts.n_sites; h++)
            for (size_t j = 0; ok && j < s->texts.texts[t].n; j++) {
                const struct ratio_text *text = &s->texts.texts[t];
                struct cell_value cells[7 + SITE_CELLS];
                size_t n = 0;
                float ratio = text->ratios[h * text->n + j];
                cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = (long long)text->number};
                cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = (long long)text->line};
                cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = (long long)text->n};
                n += site_cells(s->sites[h], row, cells + n);
                cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = (long long)j};
                cells[n++] = (struct cell_value){.kind = CELL_TEXT,
                                                 .text = s->model->tokenizer ? tokenizer_string(s->model->tokenizer, text->ids[j])
                                                                             : (struct str){0}};
                cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = text->special[j]};
                cells[n++] =
                    isnan(ratio)
                        ? (struct cell_value){.kind = CELL_NONE}
                        : (struct cell_value){.kind = CELL_NUMBER, .number = isinf(ratio) ? NAN : (double)ratio, .digits = 4};
                ok = result_row(result, cells, n, err);
            }
    return ok;
}

static unsigned lanes_of(const struct call *call)
{
    static const struct {
        const char *name;
        unsigned lanes;
    } aligned[] = {{"start", STRIPES_START}, {"end", STRIPES_END}, {"special", STRIPES_SPECIAL}, {"all", STRIPES_ALL}};
    size_t i = 0;
    while (!str_is(call_str(call, "align"), aligned[i].name) && aligned[i].lanes != STRIPES_ALL)
        i++;
    return aligned[i].lanes;
}

static void name_heads(const struct sheet *s, struct buf *out)
{
    for (size_t h = 0; h < s->texts.n_sites && h < HEADS_NAMED; h++) {
        buf_puts(out, h ? ", " : "");
        site_name(s->sites[h], out);
    }
    if (s->texts.n_sites > HEADS_NAMED)
        buf_printf(out, ", … (%zu heads)", s->texts.n_sites);
}

static bool give_picture(const struct sheet *s, struct result *result, struct err *err)
{
    struct stripes stripes;
    struct buf names = {0};
    size_t *heads = arena_alloc(s->arena, s->texts.n_sites, sizeof *heads, "the heads", err);
    for (size_t h = 0; heads && h < s->texts.n_sites; h++)
        heads[h] = h;
    if (!heads || !stripes_of_texts(&s->texts, heads, s->texts.n_sites, s->model->tokenizer, s->length, lanes_of(s->call),
                                    s->arena, &stripes, err))
        return false;
    struct picture picture = {.chart = &chart_stripes, .data = &stripes, .notes = s->notes, .n_notes = s->n_notes};
    panel_table_across(s->call, &picture);
    name_heads(s, &names);
    struct figure_source source = {.runs = s->runs, .n_runs = s->n_runs, .model = s->model, .site = buf_cstr(&names)};
    bool ok = buf_ok(&names, err) && give_figure(s->session, s->call, &picture, &source, result, err);
    buf_free(&names);
    return ok;
}

/* What grey and broken cells are, where there are some. */
static bool note_cells(struct sheet *s, struct err *err)
{
    struct buf text = {0};
    bool few = false;
    for (size_t t = 0; t < s->texts.n; t++)
        for (size_t i = 0; i < s->texts.n_sites * s->texts.texts[t].n; i++)
            few = few || isnan(s->texts.texts[t].ratios[i]);
    if (few)
        buf_puts(&text, "keys that fewer than 8 queries see have no ratio");
    if (s->texts.not_finite)
        buf_printf(&text, "%s%zu of %zu maps are not finite", few ? "; " : "", s->texts.not_finite,
                   s->texts.n * s->texts.n_sites);
    return !text.n || note(s, &text, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct sheet s = {.session = session, .call = call, .arena = arena_new(err)};
    bool ok = s.arena && (call_given(call, "texts") ? from_file(session, &s, err) : from_runs(session, &s, err));
    ok = ok && note_cells(&s, err);
    if (ok) {
        ratio_texts_sort(&s.texts, str_is(call_str(call, "sort"), "length"));
        ok = result_wants_picture(result) ? give_picture(&s, result, err) : give_rows(&s, result, err);
    }
    ratio_texts_free(&s.texts);
    free(s.runs);
    arena_free(s.arena);
    return ok;
}

static const struct option options[] = {
    OPTIONS_TEXTS,
    {.name = "align",
     .kind = VALUE_ENUM,
     .values = "all|start|end|special",
     .fallback = "all",
     .summary = "lanes: keys from the start, from the end, special tokens alone, or all three"},
    {.name = "sort",
     .kind = VALUE_ENUM,
     .values = "file|length",
     .fallback = "file",
     .summary = "rows as in the file, or the longest first"},
    {.name = "rows",
     .kind = VALUE_INT,
     .fallback = "400",
     .lo = 1,
     .hi = 1e6,
     .summary = "at most so many texts, spread over the file"},
    {.name = "top",
     .kind = VALUE_INT,
     .fallback = "6",
     .lo = 1,
     .hi = 1000,
     .summary = "heads that are chosen where none is named"},
    {.name = "palette", .kind = VALUE_PALETTE, .summary = "colour map"},
    OPTION_FIGURE,
    OPTION_ACROSS,
    {0}};
static const struct arg args[] = {{.name = "@RUN",
                                   .kind = ARG_RUN,
                                   .optional = true,
                                   .repeated = true,
                                   .summary = "kept runs, a row each; with texts= the model of this run"},
                                  {.name = "SELECTOR",
                                   .kind = ARG_SELECTOR,
                                   .optional = true,
                                   .repeated = true,
                                   .summary = "heads, small multiples on one scale"},
                                  {0}};

extern const struct command command_stripes;
const struct command command_stripes = {
    .name = "stripes",
    .group = "measures",
    .keywords = "sink|attention sink|vertical|column|always the same index|many texts|position|barcode|first token|simplest plot",
    .summary = "one row a text: the attention that each key draws, over many texts",
    .help = "A column that stands at the same place in every text is a line downward. Colour is n·c_j, the attention that key j "
            "draws in "
            "units of the uniform map's (causal: each query against the keys it sees), on one logarithmic scale for all heads: "
            "white up to "
            "1, ticks at 1, 3 and n. The lanes lay the same texts from their start, from their end, and their special tokens "
            "alone: what "
            "follows the index, the end or a token is a line in that lane only. Where all texts have as many tokens, the end "
            "tells nothing "
            "that the start does not, and is left out.\n"
            "Texts longer than length= (the median where not given) are cut, shorter ones stand below. Without a selector the "
            "heads that have "
            "columns in the most texts of the even lines are chosen, and shown on the odd ones. Rows that must share a line are "
            "pooled by "
            "their median: the largest would make stripes that are not there. Above the lanes: the share of the commonest token "
            "at each "
            "place; a line under a share of 1 may be that token's. add_special=off and front=TOKEN run the texts otherwise, "
            "which tells "
            "index and token apart; columns texts= counts. Formats without pictures get a row a key.",
    .examples = "stripes texts=corpus.txt\n"
                "stripes L5 texts=corpus.txt length=32 align=start\n"
                "stripes L5.H0 texts=corpus.txt size=acl1 > stripes.png\n"
                "stripes @1 @2 @3 L5.H0-1\n"
                "stripes L5.H0 texts=corpus.txt format=csv | head",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
