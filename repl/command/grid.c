/* grid: all layers × heads of a run at once: their maps as small multiples on one scale, or one measure as colour. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/measure/measure.h"
#include "repl/grammar/call.h"
#include "repl/map/change.h"
#include "repl/map/give_maps.h"
#include "repl/map/panel_table.h"
#include "repl/map/shown_map.h"
#include "repl/result/figure.h"
#include "repl/run/heads_numbers.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"
#include "viz/draw/cells.h"
#include "viz/layout.h"
#include "viz/scale.h"

enum { VALUES = 40000000, LEAST_CELLS = 64, MAX_NOTES = 4 }; /* held for all maps; cells a side of each; lines of notes */

/* Everything the picture borrows while it is drawn. */
struct sheet {
    struct session *session;
    const struct call *call;
    struct map_request request;
    struct kept_run *kept;   /* NULL: of texts */
    const struct model *model; /* of texts, else NULL */
    struct sites sites;
    struct panel *panels;
    float *largest;          /* [sites.n] magnitude that each map is divided by */
    size_t most, pool;       /* cells a side that a map keeps; values a side of a cell */
    bool short_titles;       /* "0.11" where "L0.H11" is too wide for all heads side by side */
    bool is_signed;
    struct str notes[MAX_NOTES];
    size_t n_notes;
    char value_name[200];
    struct arena *arena;
};

static bool note(struct sheet *sheet, struct buf *text, struct err *err)
{
    bool ok = buf_ok(text, err) && sheet->n_notes < MAX_NOTES &&
              arena_str(sheet->arena, buf_view(text), &sheet->notes[sheet->n_notes++], err);
    buf_free(text);
    return ok;
}

/* ---- what both forms share ---- */

static bool give(const struct sheet *sheet, struct picture *picture, struct result *result, struct err *err)
{
    /* Small maps have no room for numbers: there they are not asked for by a setting. */
    const struct figure_source source = {.runs = &sheet->kept,
                                         .n_runs = sheet->kept ? 1 : 0,
                                         .model = sheet->model,
                                         .numbers = call_given(sheet->call, "by") && sheet->session->digits > 0};
    picture->value_name = sheet->value_name;
    picture->notes = sheet->notes;
    picture->n_notes = sheet->n_notes;
    return give_figure(sheet->session, sheet->call, picture, &source, result, err);
}

/* ---- by=: layers × heads, one value each ---- */

/* The different layers (of stacks) and heads among the sites, as rows and columns. */
struct axes {
    size_t rows, cols, *row_of, *col_of; /* [sites.n] */
    struct str *row_labels, *col_labels;
};

static bool axis_place(struct arena *arena, struct str *labels, size_t *n, const char *name, size_t *at, struct err *err)
{
    for (*at = 0; *at < *n; (*at)++)
        if (str_is(labels[*at], name))
            return true;
    return arena_str(arena, str_of(name), &labels[(*n)++], err);
}

static bool make_axes(struct sheet *sheet, struct axes *axes, struct err *err)
{
    size_t n = sheet->sites.n;
    axes->row_of = arena_alloc(sheet->arena, n, sizeof *axes->row_of, "the grid", err);
    axes->col_of = arena_alloc(sheet->arena, n, sizeof *axes->col_of, "the grid", err);
    axes->row_labels = arena_alloc(sheet->arena, n, sizeof *axes->row_labels, "the grid", err);
    axes->col_labels = arena_alloc(sheet->arena, n, sizeof *axes->col_labels, "the grid", err);
    if (!axes->row_of || !axes->col_of || !axes->row_labels || !axes->col_labels)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct site site = sheet->sites.site[i];
        char row[40], col[40];
        snprintf(row, sizeof row, "%c%zu", stack_letters[site.stack], site.layer);
        snprintf(col, sizeof col, "H%zu", site.head);
        if (!axis_place(sheet->arena, axes->row_labels, &axes->rows, row, &axes->row_of[i], err) ||
            !axis_place(sheet->arena, axes->col_labels, &axes->cols, col, &axes->col_of[i], err))
            return false;
    }
    return true;
}

/* The bar begins where that of show does: at 0, unless a value is below it. Numbers tell the heads apart. */
static void begin_at_zero(const struct sheet *sheet, const double *values, struct scale *scale)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < sheet->sites.n; i++)
        if (isfinite(values[i])) {
            least = fmin(least, values[i]);
            most = fmax(most, values[i]);
        }
    scale->decimals = heat_decimals(least, most);
    if (least >= 0)
        scale->decimals = most <= 1 && scale->decimals < 2 ? 2 : scale->decimals;
    if (least >= 0 && !call_str(sheet->call, "clip").n)
        scale->lo = 0;
}

static bool draw_measure(struct sheet *sheet, const struct measure *m, const double *values, const unsigned char *broken,
                         struct result *result, struct err *err)
{
    struct axes axes = {0};
    if (!make_axes(sheet, &axes, err))
        return false;
    float *cells = arena_zalloc(sheet->arena, axes.rows * axes.cols, sizeof *cells, "the grid", err);
    unsigned char *masked = arena_alloc(sheet->arena, axes.rows * axes.cols, 1, "the grid", err);
    if (!cells || !masked)
        return false;
    memset(masked, 1, axes.rows * axes.cols); /* heads that were not selected, or to which the measure does not apply */
    for (size_t i = 0; i < sheet->sites.n; i++) {
        cells[axes.row_of[i] * axes.cols + axes.col_of[i]] = (float)values[i];
        masked[axes.row_of[i] * axes.cols + axes.col_of[i]] = isnan(values[i]) && !broken[i];
    }
    struct panel panel = {.rows = axes.rows, .cols = axes.cols, .values = cells, .masked = masked, .row_labels = axes.row_labels,
                          .col_labels = axes.col_labels, .no_numbers = true, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1, .row_axis = "Layer", .col_axis = "Head"};
    snprintf(sheet->value_name, sizeof sheet->value_name, "%s", m->label);
    if (!figure_scale(sheet->call, false, &picture.scale, err))
        return false;
    begin_at_zero(sheet, values, &picture.scale);
    if (m->words)
        picture.scale.decimals = 0;
    return give(sheet, &picture, result, err);
}

static bool list_measure(const struct sheet *sheet, const struct measure *m, const double *values, struct result *result,
                         struct err *err)
{
    struct site_row row = {.stack = sites_tell_stack(sheet->sites.site, sheet->sites.n)};
    char header[60];
    snprintf(header, sizeof header, "%s,value,measure", site_header(row));
    if (!result_columns(result, header, err))
        return false;
    for (size_t i = 0; i < sheet->sites.n; i++) {
        struct cell_value cells[SITE_CELLS + 2];
        size_t n = site_cells(sheet->sites.site[i], row, cells);
        cells[n++] = (struct cell_value){.kind = CELL_NUMBER, .number = values[i], .digits = 4};
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = str_of(m->name)};
        if (!result_row(result, cells, n, err))
            return false;
    }
    return true;
}

static bool grid_by(struct sheet *sheet, struct result *result, struct err *err)
{
    const struct measure *m = measure_named(call_str(sheet->call, "by"));
    struct heads_numbers h;
    struct buf text = {0};
    bool ok = heads_numbers_make(sheet->session, sheet->call, "by", true, &h, err);
    if (ok) {
        heads_numbers_say(&h, &text);
        sites_free(&sheet->sites); /* of texts they are those whose keys are the text's tokens */
        sheet->sites = h.sites;
        h.sites = (struct sites){0};
        ok = result_wants_picture(result) ? note(sheet, &text, err) && draw_measure(sheet, m, h.values, h.broken, result, err)
                                          : list_measure(sheet, m, h.values, result, err);
    }
    buf_free(&text);
    heads_numbers_free(&h);
    return ok;
}

/* ---- two runs: how much each head changed ---- */

static bool grid_change(struct sheet *sheet, const struct map_list *list, struct result *result, struct err *err)
{
    struct changes changes;
    struct buf text = {0};
    bool ok = changes_make(sheet->call, list, &changes, err);
    double *values = ok ? arena_alloc(sheet->arena, changes.n, sizeof *values, "values of heads", err) : NULL;
    unsigned char *broken = ok ? arena_zalloc(sheet->arena, changes.n, 1, "values of heads", err) : NULL;
    ok = values && broken;
    for (size_t i = 0; ok && i < changes.n; i++) {
        values[i] = changes.change[i].distance;
        broken[i] = isnan(values[i]);
    }
    if (ok) {
        const struct measure m = {.name = changes.by->name, .label = changes.by->label};
        buf_printf(&text, "@%zu against @%zu: ", list->runs[1]->number, list->runs[0]->number);
        changes_say(&changes, &text);
        if (result_wants_picture(result))
            ok = note(sheet, &text, err) && draw_measure(sheet, &m, values, broken, result, err);
        else
            ok = buf_ok(&text, err) && (result_note(result, "%s", buf_cstr(&text)), list_measure(sheet, &m, values, result, err));
    }
    buf_free(&text);
    changes_free(&changes);
    return ok;
}

static bool grid_two(struct sheet *sheet, struct kept_run **runs, struct result *result, struct err *err)
{
    struct sites sites[2] = {sheet->sites, {0}};
    struct map_list list = {.request = sheet->request, .runs = runs, .n_runs = 2, .sites = sites,
                            .aligned = str_is(call_str(sheet->call, "align"), "token")};
    if (call_given(sheet->call, "by")) {
        err_set(err, ERR_ARG, "by= is of one run; how much the heads of two changed: distance=");
        return call_blame_option(sheet->call, "by", err);
    }
    bool ok = select_sites(sheet->session, sheet->call, runs[1], SELECT_ALL, &sites[1], err);
    if (ok && sites[0].n != sites[1].n)
        ok = err_set(err, ERR_ARG, "the selector picks %zu heads of %s and %zu of %s: name the same heads of both", sites[0].n,
                     runs[0]->run->model->name, sites[1].n, runs[1]->run->model->name);
    ok = ok && grid_change(sheet, &list, result, err);
    sites_free(&sites[1]);
    return ok;
}

/* ---- small multiples ---- */

/* A map's cells: the largest magnitude of pool × pool values, its sign kept; marks of any of the columns. */
static bool keep_map(struct sheet *sheet, const struct shown_map *map, struct panel *panel, struct err *err)
{
    size_t longest = map->rows > map->cols ? map->rows : map->cols;
    size_t pool = longest > sheet->most ? (longest + sheet->most - 1) / sheet->most : 1;
    struct panel whole = {.rows = map->rows, .cols = map->cols, .values = map->values, .masked = map->masked};
    size_t rows = (map->rows + pool - 1) / pool, cols = (map->cols + pool - 1) / pool;
    float *values = arena_alloc(sheet->arena, rows * cols, sizeof *values, "a small map", err);
    unsigned char *masked = arena_alloc(sheet->arena, rows * cols, 1, "a small map", err);
    unsigned char *marked = arena_zalloc(sheet->arena, cols, 1, "a small map", err);
    struct buf title = {0};
    if (!values || !masked || !marked)
        return false;
    pool_largest(&whole, pool, pool, values, masked);
    for (size_t j = 0; map->marked && j < map->cols; j++)
        marked[j / pool] |= map->marked[j];
    sheet->pool = pool > sheet->pool ? pool : sheet->pool;
    if (panel == sheet->panels) { /* the first speaks for all */
        struct buf name = {0};
        sheet->is_signed = part_is_signed(map->part);
        map->part.kind == PART_PROBS ? shown_map_values(map, &name) : shown_map_part(map, &name);
        snprintf(sheet->value_name, sizeof sheet->value_name, "%s", buf_cstr(&name));
        buf_free(&name);
    }
    *panel = (struct panel){.rows = rows, .cols = cols, .values = values, .masked = masked, .marked_cols = map->marked ? marked : NULL,
                            .no_numbers = true, .tick = NAN};
    if (sheet->short_titles)
        buf_printf(&title, "%zu.%zu", map->site.layer, map->site.head);
    else
        site_name(map->site, &title);
    bool ok = buf_ok(&title, err) && arena_str(sheet->arena, buf_view(&title), &panel->title, err);
    buf_free(&title);
    return ok;
}

static float largest_of(const struct shown_map *map)
{
    float largest = 0;
    for (size_t i = 0; i < map->rows * map->cols; i++)
        if (isfinite(map->values[i]) && fabsf(map->values[i]) > largest)
            largest = fabsf(map->values[i]);
    return largest;
}

static bool same_layer(struct site a, struct site b)
{
    return a.stack == b.stack && a.layer == b.layer;
}

/* Make the maps of `all` one at a time; keep the selected ones, and of every other what the shared scale needs. */
static bool make_maps(struct sheet *sheet, const struct sites *all, bool by_layer, bool by_head, float *model_out,
                      struct err *err)
{
    struct progress progress;
    struct watch watch = progress_begin(&progress, sheet->session, "heads");
    bool ok = true;
    size_t selected = 0;
    for (size_t i = 0; ok && i < all->n; i++) {
        struct site site = all->site[i];
        bool wanted = selected < sheet->sites.n && same_layer(site, sheet->sites.site[selected]) &&
                      site.head == sheet->sites.site[selected].head;
        if (by_head && !wanted)
            continue;
        struct shown_map map;
        if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
        ok = ok && shown_map_make(&sheet->request, sheet->kept, &(struct sites){.site = &site, .n = 1}, &map, err);
        if (!ok)
            break;
        float largest = largest_of(&map);
        *model_out = largest > *model_out ? largest : *model_out;
        if (by_head)
            sheet->largest[selected] = largest;
        for (size_t s = 0; by_layer && s < sheet->sites.n; s++)
            if (same_layer(site, sheet->sites.site[s]) && largest > sheet->largest[s])
                sheet->largest[s] = largest;
        if (wanted)
            ok = keep_map(sheet, &map, &sheet->panels[selected++], err);
        shown_map_free(&map);
        watch.progress(watch.context, i + 1, all->n);
    }
    progress_end(&progress);
    return ok;
}

static void divide(struct sheet *sheet)
{
    for (size_t s = 0; s < sheet->sites.n; s++) {
        float *values = (float *)sheet->panels[s].values;
        for (size_t i = 0; sheet->largest[s] > 0 && i < sheet->panels[s].rows * sheet->panels[s].cols; i++)
            values[i] /= sheet->largest[s];
    }
}

static bool name_values(struct sheet *sheet, const char *norm, struct err *err)
{
    struct buf text = {0};
    size_t n = strlen(sheet->value_name);
    snprintf(sheet->value_name + n, sizeof sheet->value_name - n, "%s%s", norm, sheet->short_titles ? "; titles: layer.head" : "");
    if (sheet->pool <= 1)
        return true;
    buf_printf(&text, "each cell: the largest magnitude of %zu × %zu values, its sign kept", sheet->pool, sheet->pool);
    return note(sheet, &text, err);
}

static bool draw_maps(struct sheet *sheet, struct result *result, struct err *err)
{
    struct sites all;
    float model = 0;
    struct str norm = call_str(sheet->call, "norm");
    bool by_layer = str_is(norm, "layer"), by_head = str_is(norm, "head");
    struct picture picture = {.n_panels = sheet->sites.n, .row_axis = "Query", .col_axis = "Key"};
    if (!panel_table_sites(&sheet->sites, 1, NULL, sheet->arena, &picture, err))
        return false;
    panel_table_across(sheet->call, &picture);
    sheet->most = LEAST_CELLS;
    while (sheet->sites.n * (sheet->most + 1) * (sheet->most + 1) <= VALUES && sheet->most < 4096)
        sheet->most++;
    sheet->short_titles = strcmp(result_format(result), "table") == 0 && picture.across * 9 > result_width(result);
    sheet->panels = arena_zalloc(sheet->arena, sheet->sites.n, sizeof *sheet->panels, "the maps", err);
    sheet->largest = arena_zalloc(sheet->arena, sheet->sites.n, sizeof *sheet->largest, "the maps", err);
    if (!sheet->panels || !sheet->largest || !sites_all(sheet->kept->run, &all, err))
        return false;
    bool ok = make_maps(sheet, &all, by_layer, by_head, &model, err);
    sites_free(&all);
    if (!ok || !name_values(sheet, by_layer ? " / the layer's largest" : by_head ? " / the head's largest"
                                                                                  : ", one scale for the model", err))
        return false;
    divide(sheet); /* nothing under norm=model: largest is 0 */
    if (by_layer || by_head || !(model > 0))
        model = 1;
    bool is_signed = sheet->is_signed;
    picture.panels = sheet->panels;
    if (!figure_scale(sheet->call, is_signed, &picture.scale, err))
        return false;
    if (!call_str(sheet->call, "clip").n) { /* percentiles are of the data shown */
        picture.scale.lo = is_signed ? -model : 0;
        picture.scale.hi = model;
    }
    return give(sheet, &picture, result, err);
}

/* Formats without pictures get the whole maps. */
static bool give_maps(struct sheet *sheet, struct result *result, struct err *err)
{
    struct map_list list = {.request = sheet->request, .runs = &sheet->kept, .n_runs = 1, .sites = &sheet->sites};
    struct site last = sheet->session->last.site;
    size_t last_run = sheet->session->last.run;
    bool known = sheet->session->last.known, ok = maps_give(sheet->session, sheet->call, &list, result, err);
    sheet->session->last.site = last; /* a grid shows all: it moves no one's place */
    sheet->session->last.run = last_run;
    sheet->session->last.known = known;
    return ok;
}

static bool check_by(const struct call *call, struct err *err)
{
    static const char *const of_maps[] = {"part", "softmax", "without", "q", "k", "from", "to", "special", "words", "norm", NULL};
    for (const char *const *o = of_maps; *o; o++)
        if (call_given(call, *o)) {
            err_set(err, ERR_ARG, "by= colours heads by a measure of the whole map of probabilities: leave out %s=", *o);
            return call_blame_option(call, *o, err);
        }
    return true;
}

/* Options that stand beside by= alone. */
static bool only_by(const struct call *call, struct err *err)
{
    static const char *const of_measures[] = {"texts", "length", "front", "add_special", "references", NULL};
    for (const char *const *o = of_measures; *o; o++)
        if (call_given(call, *o)) {
            err_set(err, ERR_ARG, "%s= stands beside by=MEASURE", *o);
            return call_blame_option(call, *o, err);
        }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs = NULL;
    size_t n_runs;
    struct sheet sheet = {.session = session, .call = call, .arena = arena_new(err)};
    bool by = call_given(call, "by"), texts = call_given(call, "texts");
    bool ok = sheet.arena && (!by || check_by(call, err));
    if (ok && !by)
        ok = only_by(call, err);
    n_runs = texts ? 1 : 0;
    if (ok && texts)
        ok = (sheet.model = texts_file_model(session, call, err)) != NULL;
    else
        ok = ok && select_runs(session, call, &runs, &n_runs, err);
    if (ok && !texts) {
        sheet.kept = runs[0];
        ok = select_sites(session, call, sheet.kept, SELECT_ALL, &sheet.sites, err);
    }
    ok = ok && map_request_read(call, &sheet.request, err);
    if (ok && n_runs != 2 && (call_given(call, "distance") || call_given(call, "align"))) {
        err_set(err, ERR_ARG, "how much heads changed is of two runs: grid @1 @2");
        ok = call_blame_option(call, call_given(call, "distance") ? "distance" : "align", err);
    }
    if (ok)
        ok = n_runs == 2 ? grid_two(&sheet, runs, result, err)
             : by                             ? grid_by(&sheet, result, err)
             : result_wants_picture(result) ? draw_maps(&sheet, result, err)
                                            : give_maps(&sheet, result, err);
    if (ok && n_runs == 1 && !by)
        maps_note(session, sheet.kept, &sheet.sites, result);
    sites_free(&sheet.sites);
    free(runs);
    arena_free(sheet.arena);
    return ok;
}

static const struct option options[] = {
    {.name = "by", .kind = VALUE_MEASURE, .summary = "one cell a head, coloured by this measure"},
    OPTION_REFERENCES,
    OPTIONS_TEXTS,
    OPTION_PART,
    OPTION_TOKENS,
    {.name = "norm", .kind = VALUE_ENUM, .values = "head|layer|model", .fallback = "model",
     .summary = "one scale over the model, or each layer or head in units of its largest magnitude"},
    OPTION_SCALE,
    OPTION_CELLS,
    {.name = "mark", .kind = VALUE_ENUM, .values = "columns|none", .fallback = "columns",
     .summary = "mark keys that draw attention from all queries"},
    OPTION_FIGURE,
    OPTION_ACROSS,
    OPTION_DISTANCE,
    {.name = "align", .kind = VALUE_ENUM, .values = "index|token", .fallback = "index",
     .summary = "of two runs: cells correspond by index, or by token as where their lengths differ"},
    {0}};
static const struct arg args[] = {
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .repeated = true, .summary = "which run: @, @3, @fox; of two: how much each head changed"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads; all of them"},
    {0}};

extern const struct command command_grid;
const struct command command_grid = {
    .name = "grid",
    .group = "maps",
    .keywords = "model view|overview|all heads|thumbnails|small multiples|bertviz|layers by heads",
    .summary = "all layers × heads at once: small maps, or one measure as colour",
    .help = "Without by=: every selected head's map, small, on one scale over the whole model (norm=head and norm=layer give each head or "
            "layer its own, in units of its largest magnitude; the colour bar says which). Large maps are pooled by the largest magnitude, "
            "so that columns survive. With by=: one cell a head, coloured by a measure (see heads), its formula and source below; "
            "with texts=FILE of the lines of a file, as heads does. "
            "Formats without pictures get the maps as show gives them, or a row a head.",
    .examples = "grid\n"
                "grid @1 @2\n"
                "grid by=entropy\n"
                "grid by=variability texts=corpus.txt length=32\n"
                "grid L0-2 norm=head\n"
                "grid part=c2p > c2p.png\n"
                "grid by=column format=csv",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
