/* Maps as one picture: panels on one scale, labels, marks, notes, provenance. See map_picture.h. */
#include "repl/map/map_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/map/align.h"
#include "repl/map/panel_table.h"
#include "repl/map/style.h"
#include "repl/result/figure.h"
#include "viz/scale.h"

enum { MAX_NOTES = 7 };

/* Everything a picture borrows while it is drawn. */
struct sheet {
    struct shown_map *maps;
    struct panel *panels;
    size_t n;
    struct str notes[MAX_NOTES];
    size_t n_notes;
    char value_name[160];
    struct arena *arena;
};

static bool note(struct sheet *sheet, struct buf *text, struct err *err)
{
    bool ok = buf_ok(text, err);
    if (ok && text->n && sheet->n_notes < MAX_NOTES)
        ok = arena_str(sheet->arena, buf_view(text), &sheet->notes[sheet->n_notes++], err);
    buf_free(text);
    return ok;
}

static bool several_models(const struct map_list *list)
{
    for (size_t i = 1; i < list->n_runs; i++)
        if (list->runs[i]->run->model != list->runs[0]->run->model)
            return true;
    return false;
}

/* The text of a run as a title has it: a leading space is seen, a long text is cut about where it begins to differ. */
static void put_text(struct buf *out, const struct kept_run *run, const struct kept_run *other)
{
    enum { MOST = 32, LEAD = 12 }; /* bytes; of the differing word in front of the difference */
    struct str text = str_of(run->text ? run->text : ""), with = str_of(other->text ? other->text : "");
    size_t same = 0, from = 0, to = text.n;
    if (!text.n)
        return;
    while (same < text.n && same < with.n && text.s[same] == with.s[same])
        same++;
    if (text.n > MOST && same > LEAD)
        for (from = same; from > same - LEAD && text.s[from - 1] != ' '; from--)
            ; /* from the beginning of the word that differs */
    while (from > 0 && from < text.n && ((unsigned char)text.s[from] & 0xc0) == 0x80)
        from--;
    if (to - from > MOST)
        to = from + MOST;
    while (to < text.n && ((unsigned char)text.s[to] & 0xc0) == 0x80)
        to++;
    buf_puts(out, from ? " \u201c\u2026" : text.s[0] == ' ' ? " \u201c\u2423" : " \u201c");
    from += !from && text.s[0] == ' ';
    for (size_t i = from; i < to; i++)
        buf_char(out, text.s[i] == '\n' || text.s[i] == '\t' ? ' ' : text.s[i]);
    buf_puts(out, to < text.n ? "\u2026\u201d" : "\u201d");
}

static bool texts_differ(const struct map_list *list)
{
    const struct kept_run *a = list->runs[0], *b = list->runs[list->n_runs - 1];
    return list->n_runs == 2 && a->text && b->text && strcmp(a->text, b->text) != 0;
}

/* Two runs of one map each: their titles hold their texts. */
static bool titles_hold_text(const struct map_list *list)
{
    return texts_differ(list) && !list->difference && map_list_count(list) == 2;
}

static void put_run(const struct kept_run *run, const char *behind, struct buf *out)
{
    kept_run_tag(run, out);
    buf_puts(out, behind);
}

/* "L2.H2 − L2.H1", "@2 L2.H2 − @1 L2.H1". */
static void title_against(const struct map_list *list, const struct shown_map *map, struct buf *out)
{
    bool two = list->runs[0] != list->runs[1];
    if (two)
        put_run(list->runs[1], " ", out);
    map_title(list, map, out);
    buf_puts(out, " \u2212 ");
    if (two)
        put_run(list->runs[0], " ", out);
    site_name(list->sites[0].site[0], out);
}

/* "@2 roberta-tiny L0.H2", "@fox L0.H2": the run where there are several, the model where they differ. */
static bool make_title(const struct map_list *list, const struct shown_map *map, struct sheet *sheet, struct str *out,
                       struct buf *style, struct err *err)
{
    struct buf b = {0};
    if (list->difference && !list->against) {
        put_run(list->runs[1], " \u2212 ", &b);
        put_run(list->runs[0], " ", &b);
    } else if (list->n_runs > 1 && !list->against) {
        put_run(map->run, " ", &b);
        if (several_models(list))
            buf_printf(&b, "%s ", map->run->run->model->name);
    }
    if (list->against)
        title_against(list, map, &b);
    else
        map_title(list, map, &b);
    buf_str(&b, buf_view(style));
    if (titles_hold_text(list))
        put_text(&b, map->run, list->runs[map->run == list->runs[0]]);
    bool ok = buf_ok(&b, err) && arena_str(sheet->arena, buf_view(&b), out, err);
    buf_free(&b);
    return ok;
}

/* A tick at the uniform map stands only where values are probabilities over the tokens. */
static double uniform_tick(const struct map_list *list, const struct call *call, const struct shown_map *map)
{
    bool other = list->difference || list->request.fold == FOLD_STD || str_is(call_option(call, "norm"), "head");
    return other ? NAN : shown_map_uniform(map);
}

/* norm=head: each map in units of its largest magnitude. */
static void norm_by_head(struct shown_map *map)
{
    float largest = 0;
    for (size_t i = 0; i < map->rows * map->cols; i++)
        if (isfinite(map->values[i]) && fabsf(map->values[i]) > largest)
            largest = fabsf(map->values[i]);
    for (size_t i = 0; largest > 0 && i < map->rows * map->cols; i++)
        map->values[i] /= largest;
}

static bool make_panels(const struct call *call, const struct map_list *list, struct sheet *sheet, struct err *err)
{
    size_t n = map_list_count(list);
    bool by_head = str_is(call_option(call, "norm"), "head") && n > 1;
    sheet->maps = arena_zalloc(sheet->arena, n, sizeof *sheet->maps, "the maps", err);
    sheet->panels = arena_zalloc(sheet->arena, n, sizeof *sheet->panels, "the maps", err);
    if (!sheet->maps || !sheet->panels)
        return false;
    for (; sheet->n < n; sheet->n++) {
        struct shown_map *map = &sheet->maps[sheet->n];
        if (!map_list_at(list, sheet->n, map, err))
            return false;
        if (by_head)
            norm_by_head(map);
        struct buf style = {0};
        bool ok = style_map(call, map, &style, err);
        struct panel *panel = &sheet->panels[sheet->n];
        *panel = shown_map_panel(map);
        panel->tick = uniform_tick(list, call, map);
        if (list->difference)
            panel->marked_cols = NULL;
        ok = ok && make_title(list, map, sheet, &panel->title, &style, err);
        buf_free(&style);
        if (!ok) {
            sheet->n++;
            return false;
        }
    }
    return true;
}

/* Two runs: tokens of the one without a counterpart in the other are marked. */
static bool mark_changed(const struct map_list *list, struct sheet *sheet, struct result *result, struct err *err)
{
    size_t half = sheet->n / 2, changed = 0, n;
    if (list->n_runs != 2 || list->difference || sheet->n % 2 || list->runs[0] == list->runs[1])
        return true;
    for (size_t i = 0; i < half; i++) {
        struct shown_map *a = &sheet->maps[i], *b = &sheet->maps[half + i], plain = *a;
        plain.row_labels = arena_alloc(sheet->arena, a->rows + 1, sizeof *plain.row_labels, "the labels", err);
        plain.col_labels = arena_alloc(sheet->arena, a->cols + 1, sizeof *plain.col_labels, "the labels", err);
        if (!plain.row_labels || !plain.col_labels)
            return false;
        memcpy(plain.row_labels, a->row_labels, a->rows * sizeof *a->row_labels);
        memcpy(plain.col_labels, a->col_labels, a->cols * sizeof *a->col_labels);
        if (!shown_map_mark_changed(a, b, false, &n, err))
            return false;
        changed += n;
        if (!shown_map_mark_changed(b, &plain, false, &n, err))
            return false;
        changed += n;
    }
    if (changed)
        result_note(result, CHANGED_MARK " stands before tokens without a counterpart in the other text");
    return true;
}

/* ---- the scale ---- */

static void widen(double *lo, double *hi, const struct shown_map *map)
{
    for (size_t i = 0; i < map->rows * map->cols; i++) {
        double value = (double)map->values[i];
        if (isfinite(value)) {
            *lo = isnan(*lo) || value < *lo ? value : *lo;
            *hi = isnan(*hi) || value > *hi ? value : *hi;
        }
    }
}

/* norm=layer, norm=model: the range over all heads of the layers shown, or of the model. */
static bool wide_range(const struct map_list *list, bool model, double *lo, double *hi, struct err *err)
{
    struct map_list wide = *list;
    bool ok = true;
    wide.request.fold = FOLD_NONE;
    wide.sites = mem_new(list->n_runs, sizeof *wide.sites, "the selection", err);
    if (!wide.sites)
        return false;
    for (size_t r = 0; ok && r < list->n_runs; r++)
        ok = model ? sites_all(list->runs[r]->run, &wide.sites[r], err)
                   : sites_of_layers(list->runs[r]->run, &list->sites[r], &wide.sites[r], err);
    for (size_t i = 0, n = ok ? map_list_count(&wide) : 0; ok && i < n; i++) {
        struct shown_map map;
        ok = map_list_at(&wide, i, &map, err);
        if (ok) {
            widen(lo, hi, &map);
            shown_map_free(&map);
        }
    }
    for (size_t r = 0; r < list->n_runs; r++)
        sites_free(&wide.sites[r]);
    free(wide.sites);
    return ok;
}

static bool make_scale(const struct call *call, const struct map_list *list, const struct sheet *sheet, struct scale *scale,
                       struct err *err)
{
    bool std = list->request.fold == FOLD_STD;
    for (size_t i = 1; i < sheet->n; i++)
        if (part_is_signed(sheet->maps[i].part) != part_is_signed(sheet->maps[0].part)) {
            err_set(err, ERR_ARG, "probabilities and scores have no scale in common; show them apart");
            return call_blame_option(call, "part", err);
        }
    struct str norm = call_option(call, "norm");
    if (!figure_scale(call, list->difference || (part_is_signed(sheet->maps[0].part) && !std), scale, err))
        return false;
    if (!scale->diverging && scale->kind == SCALE_LINEAR)
        scale->lo = 0;
    bool layer = str_is(norm, "layer"), model = str_is(norm, "model");
    if ((layer || model) && !wide_range(list, model, &scale->lo, &scale->hi, err))
        return false;
    if (scale->diverging && !isnan(scale->hi)) {
        scale->hi = fmax(fabs(scale->lo), fabs(scale->hi));
        scale->lo = -scale->hi;
    }
    return true;
}

/* ---- words beside the picture ---- */

static void name_values(const struct map_list *list, const struct call *call, struct sheet *sheet)
{
    const struct shown_map *map = &sheet->maps[0];
    struct buf name = {0};
    struct str norm = call_option(call, "norm");
    if (list->n_parts && map->part.kind != PART_PROBS)
        buf_puts(&name, "parts of the scores");
    else
        shown_map_values(map, &name);
    style_values(call, map, &name);
    if (list->difference)
        buf_puts(&name, ", difference");
    if (str_is(norm, "head") && sheet->n > 1)
        buf_puts(&name, " / head's max");
    else if (str_is(norm, "layer") || str_is(norm, "model"))
        buf_printf(&name, ", range of %.*s", STR_ARGS(norm));
    snprintf(sheet->value_name, sizeof sheet->value_name, "%s", buf_cstr(&name));
    buf_free(&name);
}

/* What a map does: its formula, and what is said of each head. */
static bool note_effect(struct sheet *sheet, struct err *err)
{
    enum { MOST_SAID = 12 };
    const struct effect *effect = part_effect(sheet->maps[0].part);
    struct buf text = {0};
    if (!effect)
        return true;
    buf_printf(&text, "%s: %s (%s)", effect->name, effect->formula, effect->source);
    for (size_t i = 0; effect->say && i < sheet->n && i < MOST_SAID; i++) {
        buf_puts(&text, "; ");
        if (sheet->n > 1)
            buf_printf(&text, "%.*s ", STR_ARGS(sheet->panels[i].title));
        if (!effect->say(sheet->maps[i].attention, sheet->maps[i].site.head, &text, err)) {
            buf_free(&text);
            return false;
        }
    }
    buf_puts(&text, effect->say && sheet->n > MOST_SAID ? "; \u2026" : "");
    return note(sheet, &text, err);
}

static bool make_notes(const struct map_list *list, struct sheet *sheet, struct err *err)
{
    const struct shown_map *map = &sheet->maps[0];
    struct buf text = {0};
    size_t hidden = 0;
    for (size_t r = 0; texts_differ(list) && !titles_hold_text(list) && r < 2; r++) {
        buf_puts(&text, text.n ? ", " : "");
        kept_run_tag(list->runs[r], &text);
        put_text(&text, list->runs[r], list->runs[!r]);
    }
    if (!note(sheet, &text, err))
        return false;
    text = (struct buf){0};
    for (size_t i = 0; i < sheet->n && hidden < 24; i++)
        if (!isnan(sheet->maps[i].hidden_mass)) {
            buf_puts(&text, hidden++ ? ", " : "special tokens hidden; mean mass on them: ");
            if (sheet->n > 1)
                buf_printf(&text, "%.*s ", STR_ARGS(sheet->panels[i].title));
            buf_printf(&text, "%.3f", sheet->maps[i].hidden_mass);
        }
    if (sheet->n > 24 && hidden)
        buf_puts(&text, ", \u2026");
    if (!note(sheet, &text, err))
        return false;
    text = (struct buf){0};
    if (list->request.special == SPECIAL_RENORM)
        buf_puts(&text, "special tokens hidden; the rest divided by its sum");
    if (!note(sheet, &text, err))
        return false;
    text = (struct buf){0};
    if (map->part.kind == PART_SOFTMAX && map->part.terms != (1u << attention_terms(map->attention)) - 1)
        buf_puts(&text, "the scale of the full sum stays, so fewer terms give a flatter map");
    return note(sheet, &text, err) && note_effect(sheet, err);
}

/* "L2.H1" or "L0.H0, L0.H1, …" for the file's provenance. */
static void name_sites(const struct sheet *sheet, char out[200])
{
    struct buf b = {0};
    for (size_t i = 0; i < sheet->n && b.n < 160; i++)
        buf_printf(&b, "%s%.*s", i ? ", " : "", STR_ARGS(sheet->panels[i].title));
    snprintf(out, 200, "%s", buf_cstr(&b));
    buf_free(&b);
}

/* Two runs of one map each stand side by side; a figure of many sets a layer a row. */
static bool make_table(const struct map_list *list, struct result *result, struct sheet *sheet, struct picture *picture,
                       struct err *err)
{
    size_t times = list->difference ? 1 : list->n_runs, n = list->sites[0].n;
    if (times > 1 && sheet->n == times)
        picture->across = times;
    for (size_t r = 1; r < times; r++)
        if (list->sites[r].n != n)
            return true;
    if (list->request.fold != FOLD_NONE || !result_wants_figure(result) || n < 2)
        return true;
    if (list->n_parts)
        return times > 1 || panel_table_parts(list->sites, list->parts, list->n_parts, sheet->arena, picture, err);
    struct str *prefix = arena_alloc(sheet->arena, times, sizeof *prefix, "names", err);
    for (size_t r = 0; prefix && r < times; r++) {
        struct buf text = {0};
        if (times > 1)
            put_run(list->runs[r], " ", &text);
        bool ok = buf_ok(&text, err) && arena_str(sheet->arena, buf_view(&text), &prefix[r], err);
        buf_free(&text);
        if (!ok)
            return false;
    }
    return prefix && panel_table_sites(list->sites, times, prefix, sheet->arena, picture, err);
}

static bool draw(struct session *session, const struct call *call, const struct map_list *list, struct sheet *sheet,
                 struct result *result, struct err *err)
{
    struct picture picture = {.row_axis = "Query", .col_axis = "Key", .value_name = sheet->value_name};
    char sites[200];
    const struct figure_source source = {.runs = list->runs, .n_runs = list->n_runs, .site = sites};
    if (!make_panels(call, list, sheet, err) || !mark_changed(list, sheet, result, err) || !make_scale(call, list, sheet, &picture.scale, err) ||
        !make_notes(list, sheet, err))
        return false;
    name_values(list, call, sheet);
    name_sites(sheet, sites);
    if (result_wants_figure(result) && !result_wants_names(result) && sheet->n == 1 && !str_is(call_option(call, "style"), "text")) /* figures carry no title but title=; the file says what it is */
        sheet->panels[0].title = (struct str){0};
    picture.panels = sheet->panels;
    picture.n_panels = sheet->n;
    picture.notes = sheet->notes;
    picture.n_notes = sheet->n_notes;
    if (!make_table(list, result, sheet, &picture, err))
        return false;
    panel_table_across(call, &picture);
    picture.chart = style_chart(call);
    return give_figure(session, call, &picture, &source, result, err);
}

bool maps_give_picture(struct session *session, const struct call *call, const struct map_list *list, struct result *result,
                       struct err *err)
{
    struct sheet sheet = {.arena = arena_new(err)};
    bool ok = sheet.arena && draw(session, call, list, &sheet, result, err);
    for (size_t i = 0; i < sheet.n; i++)
        shown_map_free(&sheet.maps[i]);
    arena_free(sheet.arena);
    return ok;
}
