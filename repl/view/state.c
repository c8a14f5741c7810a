/* What is looked at, and the map made from it.
 *
 * The state is spelled as a command line ("view @1 L2.H1 part=c2p special=off"): the same line, parsed, makes the map
 * through the door that show uses, and with another verb it is what the history gets. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/map/shown_map.h"
#include "repl/view/view.h"

const char *const view_scales[] = {"linear", "sqrt", "log", "symlog", NULL};
static const char *const specials[] = {"on", "off", "renorm"};

struct kept_run *viewer_kept(const struct viewer *viewer)
{
    for (size_t i = 0; i < viewer->session->n_runs; i++)
        if (viewer->session->runs[i].number == viewer->run)
            return &viewer->session->runs[i];
    return NULL;
}

/* ---- as a command line ---- */

static bool is_signed(const struct viewer *viewer)
{
    return viewer->parts[viewer->part][0] && strncmp(viewer->parts[viewer->part], "part=", 5) == 0;
}

const char *viewer_scale(const struct viewer *viewer)
{
    const char *name = viewer->scale ? view_scales[viewer->scale - 1] : viewer->first_scale ? viewer->first_scale : "linear";
    return is_signed(viewer) && strncmp(name, "log", 3) == 0 ? "symlog" : name;
}

static const char *palette_name(const struct viewer *viewer)
{
    const struct palette *own = viewer->palette ? palettes[viewer->palette - 1] : NULL;
    return own && own->diverging == is_signed(viewer) ? own->name : NULL;
}

void viewer_line(const struct viewer *viewer, const char *verb, struct buf *out)
{
    buf_printf(out, "%s @%zu ", verb, viewer->run);
    site_name(viewer->site, out);
    if (viewer->parts[viewer->part][0])
        buf_printf(out, " %s", viewer->parts[viewer->part]);
    if (viewer->special)
        buf_printf(out, " special=%s", specials[viewer->special]);
    if (strcmp(viewer_scale(viewer), "linear") != 0)
        buf_printf(out, " scale=%s", viewer_scale(viewer));
    if (palette_name(viewer))
        buf_printf(out, " palette=%s", palette_name(viewer));
    buf_str(out, buf_view(&viewer->passed));
}

void viewer_note(struct viewer *viewer, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct str echo = buf_view(&viewer->echo);
    if (n <= 0 || (size_t)n >= sizeof line - 1)
        return;
    line[n++] = '\n';
    if (!str_ends(echo, (struct str){line, (size_t)n})) /* twice the same in a row says nothing new */
        buf_add(&viewer->echo, line, (size_t)n);
}

void viewer_note_map(struct viewer *viewer)
{
    struct buf line = {0};
    viewer_line(viewer, "show", &line);
    viewer_note(viewer, "%s", buf_cstr(&line));
    buf_free(&line);
}

/* ---- beginning ---- */

static bool add_part(struct viewer *viewer, const char *option, struct str terms, struct err *err)
{
    struct buf text = {0};
    if (option)
        buf_printf(&text, "%s=", option);
    buf_str(&text, terms);
    for (size_t i = 0; i < viewer->n_parts; i++)
        if (str_is(buf_view(&text), viewer->parts[i])) {
            viewer->part = i;
            buf_free(&text);
            return true;
        }
    char *copy = buf_ok(&text, err) ? mem_copy_str(buf_view(&text), err) : NULL;
    buf_free(&text);
    if (!copy || viewer->n_parts == MAX_PARTS)
        return false;
    viewer->part = viewer->n_parts;
    viewer->parts[viewer->n_parts++] = copy;
    return true;
}

/* What `m` goes through: probabilities, scores, each term, each term's softmax, and what the command asked for. */
static bool make_parts(struct viewer *viewer, const struct call *call, const struct model *model, struct err *err)
{
    size_t terms = stack_terms(&model->stacks[STACK_MAIN]);
    if (!add_part(viewer, NULL, STR(""), err) || !add_part(viewer, "part", STR("scores"), err))
        return false;
    for (size_t t = 0; terms > 1 && t < 2 * terms; t++)
        if (!add_part(viewer, t < terms ? "part" : "softmax", str_of(model->stacks[STACK_MAIN].terms[t % terms]->name), err))
            return false;
    viewer->part = 0;
    static const char *const options[] = {"part", "softmax", "without"};
    for (size_t i = 0; i < 3; i++)
        if (call_given(call, options[i]) && !str_is(call_str(call, options[i]), "probs"))
            return add_part(viewer, options[i], call_str(call, options[i]), err);
    return true;
}

/* An option as it was typed, so that quotes stay. */
static void pass_option(struct viewer *viewer, const struct call *call, size_t i)
{
    const char *name = command_option(call->command, i)->name;
    const struct call_word *value = &call->values[i];
    struct str typed = {call->line + value->column - 1, value->length};
    buf_char(&viewer->passed, ' ');
    if (!str_starts(typed, str_of(name)) || typed.n <= strlen(name) || typed.s[strlen(name)] != '=')
        buf_printf(&viewer->passed, "%s=", name);
    buf_str(&viewer->passed, typed);
}

static bool read_options(struct viewer *viewer, const struct call *call, struct err *err)
{
    static const char *const known[] = {"part", "softmax", "without", "special", "scale", "palette", "format", NULL};
    for (size_t i = 0, n = command_options(call->command); i < n; i++) {
        bool own = false;
        for (size_t k = 0; known[k]; k++)
            own = own || strcmp(known[k], command_option(call->command, i)->name) == 0;
        if (!own && call->values[i].text.s)
            pass_option(viewer, call, i);
    }
    for (size_t i = 0; i < 3; i++)
        if (str_is(call_str(call, "special"), specials[i]))
            viewer->special = i;
    if (call_given(call, "scale") && !(viewer->first_scale = mem_copy_str(call_str(call, "scale"), err)))
        return false;
    for (size_t i = 0; call_given(call, "palette") && palettes[i]; i++)
        if (palettes[i] == palette_find(call_str(call, "palette")))
            viewer->palette = i + 1;
    return buf_ok(&viewer->passed, err);
}

bool viewer_begin(struct viewer *viewer, const struct call *call, struct kept_run *run, struct err *err)
{
    viewer->pinned = SIZE_MAX;
    viewer->run = run->number;
    if (!make_parts(viewer, call, run->run->model, err) || !read_options(viewer, call, err) || !viewer_make(viewer, err))
        return false;
    viewer_note_map(viewer);
    return true;
}

void viewer_end(struct viewer *viewer)
{
    for (size_t i = 0; i < viewer->n_parts; i++)
        free(viewer->parts[i]);
    free(viewer->first_scale);
    buf_free(&viewer->passed);
    shown_map_free(&viewer->map);
    call_free(&viewer->call);
    sites_free(&viewer->heads.sites);
    free(viewer->heads.values);
    prompt_free(&viewer->prompt);
    buf_free(&viewer->echo);
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

static void name_values(struct viewer *viewer, const struct kept_run *kept)
{
    struct buf name = {0};
    enum part_kind kind = viewer->map.part.kind;
    if (kind == PART_PROBS)
        buf_puts(&name, "attention probability");
    else
        part_name(kept->run->model->stacks[STACK_MAIN].terms, viewer->map.part, &name);
    if (kind == PART_SCORES)
        buf_puts(&name, " (before the softmax)");
    else if (kind == PART_LOGITS)
        buf_puts(&name, " (part of the scores)");
    snprintf(viewer->value_name, sizeof viewer->value_name, "%s", buf_cstr(&name));
    buf_free(&name);
}

static bool make_colours(struct viewer *viewer, const struct kept_run *kept, struct err *err)
{
    struct shown_map *map = &viewer->map;
    bool probability = map->part.kind == PART_PROBS || map->part.kind == PART_SOFTMAX;
    viewer->panel = (struct panel){.rows = map->rows,
                                   .cols = map->cols,
                                   .values = map->values,
                                   .masked = map->masked,
                                   .row_labels = map->row_labels,
                                   .col_labels = map->col_labels,
                                   .row_numbers = map->row_tokens,
                                   .col_numbers = map->col_tokens,
                                   .marked_cols = map->marked,
                                   .tick = probability && !map->words ? 1 / (double)kept->run->tokens->texts[map->site.text].n : NAN};
    viewer->picture = (struct picture){.panels = &viewer->panel,
                                       .n_panels = 1,
                                       .scale = {.lo = NAN, .hi = NAN, .clip_hi = 100, .diverging = part_is_signed(map->part)},
                                       .value_name = viewer->value_name};
    struct scale *scale = &viewer->picture.scale;
    struct str clip = call_str(&viewer->call, "clip");
    if (!scale_parse(str_of(viewer_scale(viewer)), scale, err) || (clip.n && !scale_parse_clip(clip, scale, err)))
        return false;
    if (!scale->diverging && scale->kind == SCALE_LINEAR)
        scale->lo = 0;
    picture_fit_scale(&viewer->picture);
    const char *name = palette_name(viewer);
    const struct palette *set = palette_find(str_of(viewer->session->palette));
    if (!name && set && set->diverging == scale->diverging)
        name = set->name;
    return ink_refit(&viewer->ink, name, scale, viewer->depth, err);
}

/* The place of a token on an axis, else the nearest after it. */
static size_t place_of(const size_t *tokens, size_t n, size_t token)
{
    size_t best = n - 1;
    for (size_t i = n; i-- > 0;) {
        if (tokens[i] == token)
            return i;
        best = tokens[i] > token ? i : best;
    }
    return best;
}

bool viewer_make(struct viewer *viewer, struct err *err)
{
    struct kept_run *kept = viewer_kept(viewer);
    struct buf line = {0};
    struct call call = {0};
    struct shown_map map = {0};
    struct str *down = NULL;
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "@%zu, the run that was looked at, has been dropped", viewer->run);
    viewer_line(viewer, "view", &line);
    bool ok = buf_ok(&line, err) && call_parse(buf_cstr(&line), false, &call, err) &&
              shown_map_make(viewer->session, &call, kept, &viewer->site, 1, &map, err);
    ok = ok && (down = arena_alloc(map.arena, map.cols, sizeof *down, "the labels", err)) != NULL &&
         make_labels(&map, map.col_labels, map.cols, screen_text, down, err) &&
         make_labels(&map, map.row_labels, map.rows, label_of, map.row_labels, err) &&
         make_labels(&map, map.col_labels, map.cols, label_of, map.col_labels, err);
    buf_free(&line);
    if (!ok) {
        shown_map_free(&map);
        call_free(&call);
        return false;
    }
    if (viewer->map.arena) {
        viewer->row = place_of(map.row_tokens, map.rows, viewer->map.row_tokens[viewer->row]);
        viewer->col = place_of(map.col_tokens, map.cols, viewer->map.col_tokens[viewer->col]);
    }
    shown_map_free(&viewer->map);
    call_free(&viewer->call);
    viewer->map = map;
    viewer->down_labels = down;
    viewer->call = call;
    viewer->call.line = ""; /* its bytes are gone; the call's texts are its own */
    name_values(viewer, kept);
    viewer->session->last.run = viewer->run;
    viewer->session->last.site = viewer->site;
    viewer->session->last.known = true;
    return make_colours(viewer, kept, err);
}
