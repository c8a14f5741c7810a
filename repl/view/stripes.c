/* The stripes view: the head that is looked at over many texts, a row each; the kept runs of its model, or the lines of a file
 * (`:texts FILE`, `view texts=FILE`), run one after another while no key is pressed. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/json.h"
#include "core/forward.h"
#include "repl/grammar/grammar.h"
#include "repl/grammar/reader.h"
#include "repl/map/stripes_picture.h"
#include "repl/run/texts_file.h"
#include "repl/view/map_state.h"
#include "viz/chart/chart.h"
#include "viz/chart/stripes_view.h"

enum { ROWS = 200, BELOW = 3 }; /* texts of a file that are seen at most, spread over it; lines below */

struct stripes_state {
    const struct model *model;
    struct sites sites;      /* of kept runs; those of a file are its own */
    struct ratio_texts texts;
    struct texts_file file;
    bool of_file, stopped;   /* stopped: a text could not be run */
    struct scan_lines lines; /* of the file, behind the last that was taken */
    size_t every, left;      /* one text in so many; texts of the file that are to come */
    size_t last_run;         /* number of the last kept run that was taken */
    size_t align;
    bool by_length;
};

static const struct {
    const char *name;
    unsigned lanes;
} aligned[] = {{"all", STRIPES_ALL}, {"start", STRIPES_START}, {"end", STRIPES_END}, {"special", STRIPES_SPECIAL}};

/* ---- texts ---- */

static void forget(struct stripes_state *s)
{
    ratio_texts_free(&s->texts);
    sites_free(&s->sites);
    texts_file_free(&s->file);
    s->sites = (struct sites){0};
    s->file = (struct texts_file){0};
    s->of_file = s->stopped = false;
    s->last_run = 0;
}

/* Sites whose keys are the text's tokens: no others have a place in a row. */
static void keep_own(const struct run *run, struct sites *sites)
{
    size_t n = 0;
    for (size_t i = 0; i < sites->n; i++) {
        const struct attention *a = run_attention(run, sites->site[i], NULL);
        if (a && a->keys == run->tokens && a->Tk == tokens_length(run->tokens, 0))
            sites->site[n++] = sites->site[i];
    }
    sites->n = n;
}

static bool take_runs(struct viewer *v, struct stripes_state *s, struct err *err)
{
    struct kept_run *kept = viewer_kept(v);
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "the run has been dropped");
    forget(s);
    s->model = kept->run->model;
    if (!sites_all(kept->run, &s->sites, err))
        return false;
    keep_own(kept->run, &s->sites);
    s->texts.sites = s->sites.site;
    s->texts.n_sites = s->sites.n;
    return s->sites.n || err_set(err, ERR_ARG, "no head of this run has the text's tokens as its keys");
}

static bool open(struct viewer *v, struct place at, void *state, struct err *err)
{
    (void)at;
    return take_runs(v, state, err);
}

static void close(struct viewer *v, void *state)
{
    (void)v;
    forget(state);
}

static void changed(struct viewer *v, struct place at, void *state)
{
    struct stripes_state *s = state;
    const struct kept_run *kept = viewer_kept(v);
    struct err err = {0};
    (void)at;
    if (kept && kept->run->model != s->model && !take_runs(v, s, &err))
        viewer_complain(v, &err);
}

/* The lines of a file in place of the kept runs. */
static bool take_file(struct viewer *v, struct stripes_state *s, struct str path, struct err *err)
{
    struct buf line = {0};
    struct call call = {0};
    struct str text;
    struct texts_file file = {0};
    buf_printf(&line, "stripes @%zu texts=", v->at.run);
    json_quote(&line, path);
    bool ok = buf_ok(&line, err) && call_parse(buf_cstr(&line), false, &call, err) && texts_file_open(v->session, &call, &file, err);
    call_free(&call);
    buf_free(&line);
    if (!ok)
        return false;
    forget(s);
    s->of_file = true;
    s->file = file;
    s->model = file.model;
    s->texts.sites = s->file.sites.site;
    s->texts.n_sites = s->file.sites.n;
    struct scan_lines all = {.rest = file.scan.lines};
    while (scan_next_line(&all, &text))
        ;
    s->every = (all.number + ROWS - 1) / ROWS;
    s->left = (all.number + s->every - 1) / s->every;
    s->lines = (struct scan_lines){.rest = file.scan.lines};
    return true;
}

void viewer_stripes(struct viewer *v, struct str path)
{
    struct err err = {0};
    if (v->views[v->n_views - 1].view != &view_stripes)
        viewer_turn_pane(v, &view_stripes);
    if (v->views[v->n_views - 1].view != &view_stripes)
        return;
    if (take_file(v, v->views[v->n_views - 1].state, path, &err))
        viewer_note_line(v);
    else
        viewer_complain(v, &err);
}

static void line(const struct viewer *v, const void *state, struct buf *out)
{
    const struct stripes_state *s = state;
    buf_puts(out, "stripes");
    for (size_t i = 0; !s->of_file && i < v->session->n_runs; i++)
        if (v->session->runs[i].run->model == s->model)
            buf_printf(out, " @%zu", v->session->runs[i].number);
    if (s->of_file)
        buf_printf(out, " @%zu", v->at.run);
    buf_char(out, ' ');
    site_name(v->at.site, out);
    if (s->of_file) {
        buf_puts(out, " texts=");
        word_put(out, str_of(s->file.path));
    }
    if (s->align)
        buf_printf(out, " align=%s", aligned[s->align].name);
}

/* ---- a text at a time ---- */

static bool add_line(struct stripes_state *s, struct err *err)
{
    struct str text;
    struct encoding encoding;
    bool was_cut;
    do
        if (!scan_next_line(&s->lines, &text)) {
            s->left = 0;
            return true;
        }
    while ((s->lines.number - 1) % s->every != 0);
    s->left--;
    if (!scan_encode(&s->file.scan, text, &encoding, &was_cut, err))
        return err_prefix(err, "%s:%zu: ", s->file.path, s->lines.line);
    if (encoding.n < s->file.scan.shortest) {
        encoding_free(&encoding);
        return true;
    }
    struct run *run = run_one(s->file.model, &encoding, NULL, err);
    bool ok = run && ratio_texts_add(&s->texts, run, 0, s->lines.number, s->lines.line, err);
    run_free(run);
    return ok || err_prefix(err, "%s:%zu: ", s->file.path, s->lines.line);
}

/* The next kept run of the model, or NULL. */
static const struct kept_run *next_run(const struct viewer *v, const struct stripes_state *s)
{
    for (size_t i = 0; i < v->session->n_runs; i++) {
        const struct kept_run *kept = &v->session->runs[i];
        if (kept->number > s->last_run && kept->run->model == s->model)
            return kept;
    }
    return NULL;
}

static bool work(struct viewer *v, void *state)
{
    struct stripes_state *s = state;
    struct err err = {0};
    const struct kept_run *kept = s->of_file ? NULL : next_run(v, s);
    if (s->stopped || (s->of_file ? !s->left : !kept))
        return false;
    if (kept)
        s->last_run = kept->number;
    if (!(s->of_file ? add_line(s, &err) : ratio_texts_add(&s->texts, kept->run, 0, kept->number, kept->number, &err))) {
        viewer_complain(v, &err);
        s->stopped = true;
    }
    return true;
}

/* ---- drawing ---- */

static size_t site_here(const struct viewer *v, const struct stripes_state *s)
{
    size_t i = 0;
    const struct site *at = &v->at.site;
    while (i < s->texts.n_sites && (s->texts.sites[i].stack != at->stack || s->texts.sites[i].layer != at->layer ||
                                    s->texts.sites[i].head != at->head))
        i++;
    return i;
}

static void copy(const struct cell_grid *from, struct cell_grid *to, size_t row, size_t rows)
{
    for (size_t y = 0; y < from->rows && y < rows; y++)
        for (size_t x = 0; x < from->columns && x + 1 < to->columns; x++)
            *grid_at(to, row + y, x + 1) = *grid_at(from, y, x);
}

static void draw_state(const struct stripes_state *s, struct cell_grid *grid)
{
    struct buf text = {0}, label = {0};
    if (s->of_file) {
        label_of(&label, str_of(s->file.path));
        buf_printf(&text, "%.*s: %zu texts, cut to %zu tokens; shorter ones below", STR_ARGS(buf_view(&label)), s->texts.n,
                   s->file.scan.length);
        if (s->every > 1)
            buf_printf(&text, "; one text in %zu", s->every);
        if (s->left)
            buf_printf(&text, "; %zu to come", s->left);
    } else {
        buf_printf(&text, "%zu kept run%s; :texts FILE takes the lines of a file", s->texts.n, s->texts.n == 1 ? "" : "s");
    }
    grid_text(grid, grid->rows - 2, 1, grid->columns - 2, buf_view(&text), style_dim);
    buf_free(&text);
    buf_free(&label);
}

static bool make_cells(struct viewer *v, struct stripes_state *s, size_t head, struct arena *arena, struct cell_grid *out,
                       size_t columns, size_t rows, struct err *err)
{
    struct stripes stripes;
    if (!stripes_of_texts(&s->texts, &head, 1, s->model->tokenizer, s->of_file ? s->file.scan.length : 0, aligned[s->align].lanes,
                          arena, &stripes, err))
        return false;
    struct picture picture = {.chart = &chart_stripes, .data = &stripes};
    struct cells_options options = {.columns = columns, .rows = rows, .depth = v->depth};
    if (!stripes_cells(&picture, &options, out, err))
        return false;
    size_t over = out->rows > rows ? out->rows - rows : 0; /* bar and notes stand below what the chart fits */
    if (!over || over >= rows)
        return true;
    options.rows = rows - over;
    grid_free(out);
    return stripes_cells(&picture, &options, out, err);
}

static void draw(struct viewer *v, void *state, struct cell_grid *grid)
{
    struct stripes_state *s = state;
    struct cell_grid cells = {0};
    struct err err = {0};
    size_t head = site_here(v, s), rows = grid->rows - BELOW;
    draw_state(s, grid);
    if (head == s->texts.n_sites) {
        grid_text(grid, 2, 1, grid->columns - 2, STR("the keys of this head are not the text's tokens"), style_plain);
        return;
    }
    if (!s->texts.n)
        return;
    ratio_texts_sort(&s->texts, s->by_length);
    struct arena *arena = arena_new(&err);
    if (arena && make_cells(v, s, head, arena, &cells, grid->columns - 2, rows, &err))
        copy(&cells, grid, 1, rows);
    else
        grid_text(grid, 2, 1, grid->columns - 2, str_of(err.message), style_plain);
    grid_free(&cells);
    arena_free(arena);
}

/* ---- keys ---- */

static void act_align(struct viewer *v, void *state, int amount)
{
    struct stripes_state *s = state;
    size_t n = sizeof aligned / sizeof *aligned;
    s->align = (s->align + n + (size_t)amount) % n;
    viewer_say(v, "align=%s", aligned[s->align].name);
}

static void act_sort(struct viewer *v, void *state, int amount)
{
    struct stripes_state *s = state;
    (void)amount;
    s->by_length = !s->by_length;
    viewer_say(v, "sort=%s", s->by_length ? "length" : "file");
}

static const struct view_key keys[] = {
    {{KEY_ARROW_LEFT, 'h', '['}, "arrows", "head", "another head or layer (also hjkl, [ ] { })", view_act_head, -1},
    {{KEY_ARROW_RIGHT, 'l', ']'}, NULL, NULL, NULL, view_act_head, 1},
    {{KEY_ARROW_UP, 'k', '{'}, NULL, NULL, NULL, view_act_layer, -1},
    {{KEY_ARROW_DOWN, 'j', '}'}, NULL, NULL, NULL, view_act_layer, 1},
    {{'a'}, "a A", "align", "lanes: all, from the start, from the end, special tokens; back", act_align, 1},
    {{'A'}, NULL, NULL, NULL, act_align, -1},
    {{'o'}, "o", "order", "rows as in the file, or the longest first", act_sort, 1},
    {{0}, NULL, NULL, NULL, NULL, 0},
};

const struct view view_stripes = {
    .name = "stripes",
    .summary = "one head over many texts, a row each",
    .key = 'x',
    .state_size = sizeof(struct stripes_state),
    .keys = keys,
    .open = open,
    .close = close,
    .changed = changed,
    .line = line,
    .draw = draw,
    .work = work,
};
