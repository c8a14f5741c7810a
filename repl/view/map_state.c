/* What is looked at, and the map made from it, through the door that show uses. Spelled as a command line ("show @1 L2.H1
 * part=c2p special=off") it is what the history gets. */
#include "repl/view/map_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/finite.h"
#include "repl/grammar/call.h"
#include "repl/grammar/reader.h"
#include "repl/map/map_list.h"

const char *const view_scales[] = {"linear", "sqrt", "log", "symlog", NULL};

/* ---- as a command line ---- */

static bool is_signed(const struct viewer *viewer)
{
    return viewer->map->against.on || part_request_is_signed(viewer->map->request.part);
}

const char *viewer_scale(const struct viewer *viewer)
{
    const char *name = viewer->map->scale ? view_scales[viewer->map->scale - 1] : viewer->map->first_scale ? viewer->map->first_scale : "linear";
    return is_signed(viewer) && strncmp(name, "log", 3) == 0 ? "symlog" : name;
}

static const char *palette_name(const struct viewer *viewer)
{
    const struct palette *own = viewer->map->palette ? palettes[viewer->map->palette - 1] : NULL;
    return own && own->diverging == is_signed(viewer) ? own->name : NULL;
}

static void put_option(struct buf *out, const char *name, struct str value)
{
    if (!value.s)
        return;
    buf_printf(out, " %s=", name);
    word_put(out, value);
}

/* Which part of which tokens; q or k below SIZE_MAX: that token alone. */
static void put_choice(const struct viewer *viewer, size_t q, size_t k, struct buf *out)
{
    const struct map_request *r = &viewer->map->request;
    part_request_put(r->part, out);
    if (q != SIZE_MAX)
        buf_printf(out, " q=%zu", q);
    else
        put_option(out, "q", r->rows.tokens);
    if (k != SIZE_MAX)
        buf_printf(out, " k=%zu", k);
    else
        put_option(out, "k", r->cols.tokens);
    if (r->special)
        buf_printf(out, " special=%s", special_names[r->special]);
    buf_str(out, buf_view(&viewer->map->passed));
}

static void put_paint(const struct viewer *viewer, struct buf *out)
{
    if (strcmp(viewer_scale(viewer), "linear") != 0)
        buf_printf(out, " scale=%s", viewer_scale(viewer));
    if (palette_name(viewer))
        buf_printf(out, " palette=%s", palette_name(viewer));
    buf_str(out, buf_view(&viewer->map->painted));
}

void viewer_options(const struct viewer *viewer, struct buf *out)
{
    put_choice(viewer, SIZE_MAX, SIZE_MAX, out);
    put_paint(viewer, out);
}

void put_tokens(struct buf *out, const size_t *tokens, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t last = i;
        while (last + 1 < n && tokens[last + 1] == tokens[last] + 1)
            last++;
        buf_printf(out, "%s%zu", i ? "," : "", tokens[i]);
        if (last > i)
            buf_printf(out, "-%zu", tokens[last]);
        i = last + 1;
    }
}

static struct kept_run *compared_with(const struct viewer *viewer)
{
    for (size_t i = 0; i < viewer->session->n_runs; i++)
        if (viewer->session->runs[i].number == viewer->map->against.run)
            return &viewer->session->runs[i];
    return NULL;
}

static size_t tokens_of(const struct kept_run *kept, struct site site)
{
    const struct attention *a = kept ? run_attention(kept->run, site, NULL) : NULL;
    return a ? a->Tk : 0;
}

/* Texts of unlike lengths are compared by token. */
static bool by_token(const struct viewer *viewer, struct site site, struct site theirs)
{
    return tokens_of(viewer_kept(viewer), site) != tokens_of(compared_with(viewer), theirs);
}

void viewer_line(const struct viewer *viewer, struct view_line_of what, struct buf *out)
{
    bool difference = viewer->map->against.on, all = strcmp(what.verb, "grid") == 0;
    if (difference && viewer->map->against.run != viewer->at.run)
        buf_printf(out, "diff @%zu @%zu", viewer->map->against.run, viewer->at.run);
    else
        buf_printf(out, "%s @%zu", difference ? "diff" : what.verb, viewer->at.run);
    if (!all || difference)
        buf_char(out, ' ');
    if (!all)
        site_name(viewer->at.site, out);
    else if (difference)
        buf_char(out, '*');
    if (difference && viewer->map->against.pinned) {
        buf_puts(out, " against=");
        site_name(viewer->map->against.site, out);
    }
    put_choice(viewer, what.q, what.k, out);
    if (difference && by_token(viewer, viewer->at.site, viewer->map->against.pinned ? viewer->map->against.site : viewer->at.site))
        buf_puts(out, " align=token");
    if (what.style && !difference)
        buf_printf(out, " style=%s", what.style);
    if (difference || strcmp(what.verb, "row") != 0)
        put_paint(viewer, out);
}

static void note_line(struct viewer *viewer, struct view_line_of what)
{
    struct buf line = {0};
    viewer_line(viewer, what, &line);
    viewer_note(viewer, "%s", buf_cstr(&line));
    buf_free(&line);
}

void viewer_note_map(struct viewer *viewer)
{
    note_line(viewer, (struct view_line_of){.verb = "show", .q = SIZE_MAX, .k = SIZE_MAX});
}

void viewer_note_crosshair(struct viewer *viewer)
{
    const struct map_state *map = viewer->map;
    if (!map->moved || map->hover.on || !viewer_kept(viewer) || !map->shown.rows || !map->shown.cols)
        return;
    bool sink = map->shown.sink && map->col + 1 == map->shown.cols; /* it is no key */
    note_line(viewer, (struct view_line_of){.verb = "row", .q = map->shown.row_tokens[map->row],
                                            .k = sink ? SIZE_MAX : map->shown.col_tokens[map->col]});
    viewer->map->moved = false;
}

/* ---- beginning ---- */

/* Put a part among those that `m` goes through, once, and turn to it. */
static bool add_part(struct viewer *viewer, struct part_request part, struct err *err)
{
    for (size_t i = 0; i < viewer->map->n_parts; i++)
        if (strcmp(viewer->map->parts[i].option, part.option) == 0 && str_eq(viewer->map->parts[i].names, part.names)) {
            viewer->map->part = i;
            return true;
        }
    if (viewer->map->n_parts == MAX_PARTS || (part.names.n && !arena_str(viewer->map->arena, part.names, &part.names, err)))
        return false;
    viewer->map->part = viewer->map->n_parts;
    viewer->map->parts[viewer->map->n_parts++] = part;
    return true;
}

/* What `m` goes through: probabilities, scores, each term, each term's softmax, and what the command asked for. */
static bool make_parts(struct viewer *viewer, const struct attention *a, struct err *err)
{
    struct part_request asked = viewer->map->request.part;
    size_t terms = attention_terms(a);
    if (!add_part(viewer, (struct part_request){.option = "part"}, err) ||
        !add_part(viewer, (struct part_request){"part", STR("scores")}, err))
        return false;
    for (size_t t = 0; terms > 1 && t < 2 * terms; t++)
        if (!add_part(viewer, (struct part_request){t < terms ? "part" : "softmax", str_of(a->terms[t % terms]->name)}, err))
            return false;
    return add_part(viewer, asked, err);
}

/* An option as it was typed, so that quotes stay. */
static void pass_option(const struct call *call, size_t i, struct buf *out)
{
    const char *name = command_option(call->command, i)->name;
    const struct call_word *value = &call->values[i];
    struct str typed = {call->line + value->column - 1, value->length};
    buf_char(out, ' ');
    if (!str_starts(typed, str_of(name)) || typed.n <= strlen(name) || typed.s[strlen(name)] != '=')
        buf_printf(out, "%s=", name);
    buf_str(out, typed);
}

static bool is_among(const char *name, const char *const *names)
{
    for (size_t k = 0; names[k]; k++)
        if (strcmp(names[k], name) == 0)
            return true;
    return false;
}

static bool read_options(struct viewer *viewer, const struct call *call, struct err *err)
{
    static const char *const chosen[] = {"from", "to", "words", NULL}, *const painted[] = {"clip", "mark", NULL};
    for (size_t i = 0, n = command_options(call->command); i < n; i++) {
        const char *name = command_option(call->command, i)->name;
        if (call->values[i].text.s && is_among(name, chosen))
            pass_option(call, i, &viewer->map->passed);
        if (call->values[i].text.s && is_among(name, painted))
            pass_option(call, i, &viewer->map->painted);
    }
    if (call_given(call, "scale") && !(viewer->map->first_scale = mem_copy_str(call_str(call, "scale"), err)))
        return false;
    for (size_t i = 0; call_given(call, "palette") && palettes[i]; i++)
        if (palettes[i] == palette_find(call_str(call, "palette")))
            viewer->map->palette = i + 1;
    struct str clip = call_str(call, "clip");
    struct map_request *r = &viewer->map->request; /* the call's texts go with it */
    return buf_ok(&viewer->map->passed, err) && buf_ok(&viewer->map->painted, err) && (!clip.s || arena_str(viewer->map->arena, clip, &viewer->map->clip, err)) &&
           (!r->rows.tokens.s || arena_str(viewer->map->arena, r->rows.tokens, &r->rows.tokens, err)) &&
           (!r->cols.tokens.s || arena_str(viewer->map->arena, r->cols.tokens, &r->cols.tokens, err));
}

/* What the title says of a run whose numbers are not finite. */
static bool read_broken(struct map_state *map, const struct run *run, struct err *err)
{
    struct not_finite where = run_not_finite(run);
    struct buf text = {0};
    if (!where.any)
        return true;
    not_finite_say(run, where, &text);
    const char *said = strstr(buf_cstr(&text), "not finite"); /* a title is short */
    bool ok = buf_ok(&text, err) && arena_str(map->arena, str_of(said ? said : buf_cstr(&text)), &map->broken, err);
    buf_free(&text);
    return ok;
}

bool map_state_new(struct viewer *viewer, const struct call *call, struct kept_run *run, struct err *err)
{
    struct map_state *map = viewer->map = mem_new(1, sizeof *map, "the view", err);
    if (!map)
        return false;
    viewer->at.run = run->number;
    map->pinned = SIZE_MAX;
    map->arena = arena_new(err);
    const struct attention *a = map->arena ? run_attention(run->run, viewer->at.site, err) : NULL;
    if (!a || !map_request_read(call, &map->request, err) || !make_parts(viewer, a, err) || !read_options(viewer, call, err) ||
        !read_broken(map, run->run, err) || !viewer_make(viewer, err))
        return false;
    map->request.call = NULL; /* it is gone when the next map is made */
    viewer_note_map(viewer);
    return true;
}

void map_state_free(struct map_state *map)
{
    if (!map)
        return;
    arena_free(map->arena);
    free(map->first_scale);
    buf_free(&map->passed);
    buf_free(&map->painted);
    shown_map_free(&map->shown);
    sites_free(&map->heads.sites);
    free(map->heads.values);
    free(map);
}

void map_state_stand(struct map_state *map, const struct map_state *before)
{
    memcpy(map->find, before->find, sizeof map->find);
    map->row = before->row < map->shown.rows ? before->row : map->shown.rows - 1;
    map->col = before->col < map->shown.cols ? before->col : map->shown.cols - 1;
}

/* ---- making ---- */

/* Labels as the screen shows them: in visual order, or as they are written for text that runs downward. */
static bool make_labels(struct shown_map *map, const struct str *labels, size_t n, void (*spell)(struct buf *, struct str),
                        struct str *out, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct buf text = {0};
        spell(&text, labels[i]);
        bool ok = buf_ok(&text, err) && arena_str(map->arena, buf_view(&text), &out[i], err);
        buf_free(&text);
        if (!ok)
            return false;
    }
    return true;
}

static void name_values(struct viewer *viewer)
{
    struct buf name = {0};
    shown_map_values(&viewer->map->shown, &name);
    if (viewer->map->against.on)
        buf_puts(&name, ", difference");
    snprintf(viewer->map->value_name, sizeof viewer->map->value_name, "%s", buf_cstr(&name));
    buf_free(&name);
}

static bool make_colours(struct viewer *viewer, struct err *err)
{
    struct shown_map *map = &viewer->map->shown;
    viewer->map->panel = shown_map_panel(map);
    if (viewer->map->against.on)
        viewer->map->panel.tick = NAN;
    viewer->map->picture = (struct picture){.panels = &viewer->map->panel,
                                       .n_panels = 1,
                                       .scale = {.lo = NAN, .hi = NAN, .clip_hi = 100, .diverging = is_signed(viewer)},
                                       .value_name = viewer->map->value_name};
    struct scale *scale = &viewer->map->picture.scale;
    struct str clip = viewer->map->clip;
    if (!scale_parse(str_of(viewer_scale(viewer)), scale, err) || (clip.n && !scale_parse_clip(clip, scale, err)))
        return false;
    if (!scale->diverging && scale->kind == SCALE_LINEAR)
        scale->lo = 0;
    picture_fit_scale(&viewer->map->picture);
    const char *name = palette_name(viewer);
    const struct palette *set = palette_find(str_of(viewer->session->palette));
    if (!name && set && set->diverging == scale->diverging)
        name = set->name;
    return ink_refit(&viewer->map->ink, name, scale, viewer->depth, err);
}

size_t map_place(const size_t *tokens, size_t n, size_t token)
{
    size_t best = n - 1;
    for (size_t i = n; i-- > 0;) {
        if (tokens[i] == token)
            return i;
        best = tokens[i] > token ? i : best;
    }
    return best;
}

bool viewer_map_at(const struct viewer *viewer, struct site site, struct shown_map *out, struct err *err)
{
    struct kept_run *kept = viewer_kept(viewer), *other = compared_with(viewer);
    struct site theirs = viewer->map->against.pinned ? viewer->map->against.site : site;
    struct sites sites[2] = {{.site = &theirs, .n = 1}, {.site = &site, .n = 1}};
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "@%zu, the run that was looked at, has been dropped", viewer->at.run);
    if (!viewer->map->against.on)
        return shown_map_make(&viewer->map->request, kept, &sites[1], out, err);
    if (!other)
        return err_set(err, ERR_NOT_FOUND, "@%zu, which this is compared with, has been dropped", viewer->map->against.run);
    if (!run_attention(other->run, theirs, err))
        return false;
    struct kept_run *runs[2] = {other, kept};
    struct map_list list = {.request = viewer->map->request, .runs = runs, .n_runs = 2, .sites = sites, .difference = true,
                            .aligned = by_token(viewer, site, theirs)};
    if (!map_list_at(&list, 0, out, err))
        return false;
    out->marked = NULL;
    return true;
}

/* Of a difference: what is subtracted, from the map before that; in the difference's arena. */
static bool make_less(const struct viewer *viewer, const struct shown_map *difference, const float **out, struct err *err)
{
    struct sites site = {.site = (struct site[]){viewer->at.site}, .n = 1};
    size_t n = difference->rows * difference->cols;
    struct shown_map whole = {0};
    float *less = arena_alloc(difference->arena, n, sizeof *less, "what is subtracted", err);
    bool ok = less && shown_map_make(&viewer->map->request, viewer_kept(viewer), &site, &whole, err);
    for (size_t i = 0; ok && i < n; i++)
        less[i] = whole.values[i] - difference->values[i];
    shown_map_free(&whole);
    *out = less;
    return ok;
}

bool viewer_make(struct viewer *viewer, struct err *err)
{
    struct kept_run *kept = viewer_kept(viewer);
    const float *less = NULL;
    struct shown_map map = {0};
    struct str *down = NULL;
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "@%zu, the run that was looked at, has been dropped", viewer->at.run);
    viewer->map->request.part = viewer->map->parts[viewer->map->part];
    bool ok = viewer_map_at(viewer, viewer->at.site, &map, err) && (!viewer->map->against.on || make_less(viewer, &map, &less, err));
    ok = ok && (down = arena_alloc(map.arena, map.cols, sizeof *down, "the labels", err)) != NULL &&
         make_labels(&map, map.col_labels, map.cols, screen_text, down, err) &&
         make_labels(&map, map.row_labels, map.rows, label_of, map.row_labels, err) &&
         make_labels(&map, map.col_labels, map.cols, label_of, map.col_labels, err);
    if (!ok) {
        shown_map_free(&map);
        return false;
    }
    if (viewer->map->shown.arena) {
        viewer->map->row = map_place(map.row_tokens, map.rows, viewer->map->shown.row_tokens[viewer->map->row]);
        viewer->map->col = map_place(map.col_tokens, map.cols, viewer->map->shown.col_tokens[viewer->map->col]);
    }
    shown_map_free(&viewer->map->shown);
    viewer->map->shown = map;
    viewer->map->less = less;
    viewer->map->down_labels = down;
    name_values(viewer);
    viewer->session->last.run = viewer->at.run;
    viewer->session->last.site = viewer->at.site;
    viewer->session->last.known = true;
    return make_colours(viewer, err);
}
