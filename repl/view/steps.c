/* Steps from one thing looked at to another: heads, layers, parts, palettes, scales. Where the new map cannot be made the
 * old one stays and the reason is said; what can is noted as its command. */
#include <string.h>

#include "repl/grammar/grammar.h"
#include "repl/view/map_state.h"

struct looked_at {
    struct site site;
    size_t part, palette, scale;
    enum special special;
    bool difference;
    struct str q, k; /* tokens that are seen, s NULL: all */
};

static struct looked_at now(const struct viewer *viewer)
{
    return (struct looked_at){viewer->at.site, viewer->map->part, viewer->map->palette, viewer->map->scale, viewer->map->request.special,
                              viewer->map->against.on, viewer->map->request.rows.tokens, viewer->map->request.cols.tokens};
}

static void set(struct viewer *viewer, struct looked_at at)
{
    viewer->at.site = at.site;
    viewer->map->part = at.part;
    viewer->map->request.special = at.special;
    viewer->map->request.part = viewer->map->parts[at.part];
    viewer->map->palette = at.palette;
    viewer->map->scale = at.scale;
    viewer->map->against.on = at.difference;
    viewer->map->request.rows.tokens = at.q;
    viewer->map->request.cols.tokens = at.k;
}

/* Look at that; where its map cannot be made the old state stays and the reason is said. */
static bool look(struct viewer *viewer, struct looked_at at)
{
    struct looked_at before = now(viewer);
    struct err err = {0};
    viewer_note_crosshair(viewer);
    set(viewer, at);
    bool ok = viewer_make(viewer, &err);
    if (ok) {
        viewer_note_map(viewer);
    } else {
        set(viewer, before);
        viewer_complain(viewer, &err);
    }
    for (size_t i = 0; i < viewer->n_views; i++)
        if (viewer->views[i].view->changed)
            viewer->views[i].view->changed(viewer, viewer->at, viewer->views[i].state);
    return ok;
}

void viewer_go(struct viewer *viewer, struct site site)
{
    struct looked_at at = now(viewer);
    at.site = site;
    look(viewer, at);
}

static size_t turn(size_t at, int amount, size_t n)
{
    return n ? (at + n + (size_t)(amount + (int)n) % n) % n : 0;
}

void viewer_step_head(struct viewer *viewer, int amount)
{
    struct err err = {0};
    struct kept_run *kept = viewer_kept(viewer);
    const struct attention *a = kept ? run_attention(kept->run, viewer->at.site, &err) : NULL;
    struct site site = viewer->at.site;
    if (!a)
        return;
    site.head = turn(site.head, amount, a->H);
    viewer_go(viewer, site);
}

/* Stack by stack, their layers downward, though a list of sites may hold a layer of the decoder beside its cross-attention. */
static size_t row_of(struct site site)
{
    enum { LAYERS = 1 << 20 };
    return (site.text * STACK_KINDS + (size_t)site.stack) * LAYERS + site.layer;
}

struct site layer_beside(const struct sites *sites, struct site at, int amount)
{
    struct site next = at, end = at; /* end: where it goes on behind the last row */
    for (size_t i = 0; i < sites->n; i++) {
        struct site s = sites->site[i];
        bool beyond = amount > 0 ? row_of(s) > row_of(at) : row_of(s) < row_of(at);
        bool nearer = amount > 0 ? row_of(s) < row_of(next) : row_of(s) > row_of(next);
        next = beyond && (row_of(next) == row_of(at) || nearer) ? s : next;
        end = (amount > 0 ? row_of(s) < row_of(end) : row_of(s) > row_of(end)) ? s : end;
    }
    next = row_of(next) == row_of(at) ? end : next;
    for (size_t i = 0; i < sites->n; i++) {
        struct site s = sites->site[i];
        if (row_of(s) == row_of(next) && s.head <= at.head && (next.head > at.head || s.head > next.head))
            next = s;
    }
    return next;
}

void viewer_step_layer(struct viewer *viewer, int amount)
{
    viewer_go(viewer, layer_beside(&viewer->map->heads.sites, viewer->at.site, amount));
}

/* ---- runs ---- */

/* The same head of another run, or the nearest before it that the run has. */
static bool site_in(const struct run *run, struct site wanted, struct site *out, struct err *err)
{
    struct sites all = {0};
    if (!sites_all(run, &all, err))
        return false;
    *out = all.site[0];
    for (size_t i = 0; i < all.n; i++)
        if (all.site[i].stack == wanted.stack && all.site[i].layer <= wanted.layer && all.site[i].head <= wanted.head)
            *out = all.site[i];
    sites_free(&all);
    return true;
}

/* Turn to a head of a run by a view line; NULL: with no options. */
static bool turn_by_line(struct viewer *viewer, const char *options, struct kept_run *run, struct site site, struct err *err)
{
    struct buf line = {0};
    struct call call;
    buf_printf(&line, "view @%zu ", run->number);
    site_name(site, &line);
    buf_puts(&line, options ? options : "");
    bool ok = buf_ok(&line, err) && call_parse(buf_cstr(&line), false, &call, err);
    if (ok) {
        ok = viewer_turn_to(viewer, &call, run, site, err);
        call_free(&call);
    }
    buf_free(&line);
    return ok;
}

void viewer_turn_to_run(struct viewer *viewer, struct kept_run *run)
{
    struct err err = {0};
    struct buf options = {0};
    struct site site;
    size_t at = 0;
    while (at < viewer->session->n_runs && &viewer->session->runs[at] != run)
        at++;
    viewer_options(viewer, &options);
    bool ok = site_in(run->run, viewer->at.site, &site, &err);
    if (ok && turn_by_line(viewer, buf_cstr(&options), run, site, &err)) {
        viewer_say(viewer, "@%zu: run %zu of %zu", run->number, at + 1, viewer->session->n_runs);
    } else if (ok) { /* its model has no such part, its text no such token */
        struct err again = {0};
        ok = turn_by_line(viewer, NULL, run, site, &again);
        if (ok)
            viewer_say(viewer, "@%zu without%s: %s", run->number, buf_cstr(&options), err.message);
    }
    if (!ok)
        viewer_complain(viewer, &err);
    buf_free(&options);
}

void viewer_step_run(struct viewer *viewer, int amount)
{
    struct session *session = viewer->session;
    size_t at = 0;
    while (at < session->n_runs && session->runs[at].number != viewer->at.run)
        at++;
    if (session->n_runs < 2)
        viewer_say(viewer, "there is one run; :run TEXT makes another");
    else
        viewer_turn_to_run(viewer, &session->runs[turn(at, amount, session->n_runs)]);
}

/* ---- what is shown of a head, and how ---- */

void viewer_step_part(struct viewer *viewer, int amount)
{
    struct looked_at at = now(viewer);
    at.part = turn(at.part, amount, viewer->map->n_parts);
    look(viewer, at);
}

void viewer_step_palette(struct viewer *viewer, int amount)
{
    struct looked_at at = now(viewer);
    size_t n = 0;
    while (palettes[n])
        n++;
    const struct palette *now_used = viewer->map->ink.palette;
    do
        at.palette = turn(at.palette, amount, n + 1);
    while (at.palette && (palettes[at.palette - 1]->diverging != now_used->diverging || palettes[at.palette - 1] == now_used));
    look(viewer, at);
    viewer_say(viewer, "palette %s: %s", viewer->map->ink.palette->name, viewer->map->ink.palette->summary);
}

void viewer_step_scale(struct viewer *viewer, int amount)
{
    struct looked_at at = now(viewer);
    const char *before = viewer_scale(viewer);
    size_t n = 0;
    while (view_scales[n])
        n++;
    for (size_t k = 0; k <= n; k++) {
        at.scale = turn(at.scale, amount, n + 1);
        const char *name = at.scale ? view_scales[at.scale - 1] : viewer->map->first_scale ? viewer->map->first_scale : "linear";
        bool impossible = viewer->map->picture.scale.diverging && strncmp(name, "log", 3) == 0;
        if (strcmp(name, before) != 0 && !impossible)
            break;
    }
    look(viewer, at);
    viewer_say(viewer, "scale %s", viewer_scale(viewer));
}

void viewer_toggle_special(struct viewer *viewer)
{
    struct looked_at at = now(viewer);
    at.special = at.special ? SPECIAL_ON : SPECIAL_OFF;
    look(viewer, at);
}

/* ---- difference ---- */

void viewer_hold_against(struct viewer *viewer)
{
    struct buf name = {0};
    if (viewer->map->against.on)
        viewer_toggle_difference(viewer);
    viewer->map->against.pinned = true;
    viewer->map->against.run = viewer->at.run;
    viewer->map->against.site = viewer->at.site;
    site_name(viewer->at.site, &name);
    viewer_say(viewer, "@%zu %s is what d compares with", viewer->at.run, buf_cstr(&name));
    buf_free(&name);
}

void viewer_toggle_difference(struct viewer *viewer)
{
    struct session *session = viewer->session;
    struct looked_at at = now(viewer);
    size_t before = 0;
    at.difference = !at.difference;
    for (size_t i = 0; i < session->n_runs; i++)
        if (session->runs[i].number != viewer->at.run && (!before || session->runs[i].number < viewer->at.run))
            before = session->runs[i].number; /* the run before this one, else one after it */
    if (at.difference && !viewer->map->against.pinned) {
        if (!before) {
            viewer_say(viewer, "there is one run: D holds this head against others, :run TEXT makes another run");
            return;
        }
        viewer->map->against.run = before;
    }
    look(viewer, at);
}

void viewer_pin(struct viewer *viewer)
{
    size_t token = viewer->map->shown.row_tokens[viewer->map->row];
    if (viewer->map->pinned == token) {
        viewer->map->pinned = SIZE_MAX;
        return;
    }
    viewer->map->pinned = token;
    viewer_note_crosshair(viewer);
    struct buf line = {0};
    viewer_line(viewer, (struct view_line_of){.verb = "row", .q = token, .k = SIZE_MAX}, &line);
    viewer_note(viewer, "%s", buf_cstr(&line));
    buf_free(&line);
}

/* ---- zoom into a range ---- */

/* q= or k= of some rows or columns, in the arena of the state; all of them: as it was. */
static bool narrow(struct viewer *viewer, const size_t *tokens, size_t first, size_t last, size_t n, struct str *out, struct err *err)
{
    struct buf text = {0};
    if (first == 0 && last + 1 == n)
        return true;
    put_tokens(&text, tokens + first, last - first + 1);
    bool ok = buf_ok(&text, err) && arena_str(viewer->map->arena, buf_view(&text), out, err);
    buf_free(&text);
    return ok;
}

void viewer_zoom_to(struct viewer *viewer, size_t row0, size_t row1, size_t col0, size_t col1)
{
    struct map_state *map = viewer->map;
    const struct shown_map *shown = &map->shown;
    struct looked_at at = now(viewer), before = at;
    size_t keys = shown->cols - shown->sink; /* a sink is no key */
    struct err err = {0};
    if (col0 >= keys || map->n_wider == MAX_ZOOMS) {
        viewer_say(viewer, col0 >= keys ? "the sink alone is no range of keys" : "that is deep enough; u goes back");
        return;
    }
    col1 = col1 < keys ? col1 : keys - 1;
    if (!narrow(viewer, shown->row_tokens, row0, row1, shown->rows, &at.q, &err) ||
        !narrow(viewer, shown->col_tokens, col0, col1, shown->cols, &at.k, &err)) {
        viewer_complain(viewer, &err);
        return;
    }
    if (at.q.s == before.q.s && at.k.s == before.k.s) {
        viewer_say(viewer, "that is the whole map");
    } else if (look(viewer, at)) {
        map->wider[map->n_wider].q = before.q;
        map->wider[map->n_wider++].k = before.k;
        viewer_say(viewer, "queries %zu-%zu, keys %zu-%zu; u shows what was seen before", map->shown.row_tokens[0],
                   map->shown.row_tokens[map->shown.rows - 1], map->shown.col_tokens[0], map->shown.col_tokens[map->shown.cols - 1]);
    }
}

void viewer_zoom_back(struct viewer *viewer)
{
    struct map_state *map = viewer->map;
    struct looked_at at = now(viewer);
    if (!map->n_wider) { /* what a command chose is widened to the whole map */
        at.q = at.k = (struct str){0};
        if (!map->request.rows.tokens.s && !map->request.cols.tokens.s)
            viewer_say(viewer, "this is all; z or a drag with the mouse zooms into a range");
        else
            look(viewer, at);
        return;
    }
    at.q = map->wider[map->n_wider - 1].q;
    at.k = map->wider[map->n_wider - 1].k;
    map->n_wider -= look(viewer, at);
}
