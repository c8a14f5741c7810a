/* See shift_picture.h. All panels have one scale, signed: a probability is a difference from nothing. */
#include "repl/map/shift_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "repl/map/align.h"
#include "repl/map/shown_map.h"
#include "repl/result/figure.h"
#include "repl/run/site.h"

enum { PANELS = 3 };

static bool title(const struct map_list *list, struct site site, size_t panel, struct arena *arena, struct str *out, struct err *err)
{
    struct buf text = {0};
    kept_run_tag(list->runs[panel == 0 ? 0 : 1], &text);
    if (panel == 2) {
        buf_puts(&text, " \u2212 ");
        kept_run_tag(list->runs[0], &text);
    }
    buf_char(&text, ' ');
    site_name(site, &text);
    bool ok = buf_ok(&text, err) && arena_str(arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

/* The three maps of the head at `at`; freed by the caller, those that are made. */
static bool head_panels(const struct map_list *list, size_t at, struct shown_map maps[PANELS], struct panel *panels, struct arena *arena, struct err *err)
{
    size_t second = list->sites[0].n + at, changed;
    struct shown_map plain = {0}; /* the first, its labels not marked */
    bool ok = map_list_at(list, at, &maps[0], err) && map_list_at(list, second, &maps[1], err) && map_list_at(list, second, &maps[2], err) &&
              map_list_at(list, at, &plain, err) && shown_map_subtract_aligned(&plain, &maps[2], err) &&
              shown_map_mark_changed(&maps[0], &maps[1], true, &changed, err) && shown_map_mark_changed(&maps[1], &plain, true, &changed, err);
    for (size_t p = 0; ok && p < PANELS; p++) {
        panels[p] = shown_map_panel(&maps[p]);
        panels[p].tick = NAN;
        if (p == 2)
            panels[p].marked_cols = NULL;
        ok = title(list, list->sites[p > 0].site[at], p, arena, &panels[p].title, err);
    }
    if (plain.arena)
        shown_map_free(&plain);
    return ok;
}

bool shift_picture(struct session *session, const struct call *call, const struct map_list *list, const size_t *at, size_t n,
                   struct result *result, struct err *err)
{
    struct arena *arena = arena_new(err);
    struct shown_map *maps = mem_new(PANELS * n, sizeof *maps, "maps", err);
    struct panel *panels = mem_new(PANELS * n, sizeof *panels, "maps", err);
    bool ok = arena && maps && panels;
    struct buf names = {0};
    for (size_t i = 0; ok && i < n; i++) {
        ok = head_panels(list, at[i], maps + PANELS * i, panels + PANELS * i, arena, err);
        buf_puts(&names, i ? ", " : "");
        site_name(list->sites[0].site[at[i]], &names);
    }
    char note[200];
    snprintf(note, sizeof note, "left to right: @%zu, @%zu, and the second less the first where tokens correspond; one scale", list->runs[0]->number,
             list->runs[1]->number);
    const struct str notes[] = {str_of(note)};
    const struct figure_source source = {.runs = list->runs, .n_runs = list->n_runs, .site = buf_cstr(&names)};
    struct picture picture = {.panels = panels, .n_panels = PANELS * n, .across = PANELS, .row_axis = "Query", .col_axis = "Key",
                              .value_name = "attention probability, and its change", .notes = notes, .n_notes = 1,
                              .scale = {.kind = SCALE_LINEAR, .lo = NAN, .hi = NAN, .clip_lo = 0, .clip_hi = 100, .diverging = true}};
    ok = ok && give_figure(session, call, &picture, &source, result, err);
    for (size_t i = 0; maps && i < PANELS * n; i++)
        if (maps[i].arena)
            shown_map_free(&maps[i]);
    buf_free(&names);
    free(maps);
    free(panels);
    arena_free(arena);
    return ok;
}
