/* mixing: fixed weights as a picture: what a model without attention mixes its tokens by, and what talking heads mix their maps
 * by. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/map/panel_table.h"
#include "repl/result/figure.h"
#include "repl/run/selector.h"
#include "repl/run/token_choice.h"

/* Which of the parts "cos|sin" the call asks for; the first where it asks for none. */
static bool find_part(const struct call *call, const char *parts, size_t *out, struct err *err)
{
    struct str wanted = call_str(call, "part");
    size_t part = 0;
    *out = 0;
    if (!wanted.n)
        return true;
    for (const char *rest = parts; *rest; part++) {
        size_t n = strcspn(rest, "|");
        if (str_eq(wanted, (struct str){rest, n})) {
            *out = part;
            return true;
        }
        rest += n + (rest[n] == '|');
    }
    err_set(err, ERR_ARG, "part=%.*s is none of %s", STR_ARGS(wanted), parts);
    return call_blame_option(call, "part", err);
}

static bool make_labels(const struct run *run, struct arena *arena, struct str *out, struct err *err)
{
    size_t T = tokens_length(run->tokens, 0);
    bool ok = true;
    for (size_t i = 0; ok && i < T; i++) {
        struct buf label = {0};
        token_label(spelled_of(run, run->tokens, 0), i, &label);
        ok = buf_ok(&label, err) && arena_str(arena, buf_view(&label), &out[i], err);
        buf_free(&label);
    }
    return ok;
}

/* A panel's cells as rows; `first`: what a row begins with, [n]. */
static bool rows_of(struct result *result, const struct cell_value *first, size_t n, const struct panel *panel, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < panel->rows * panel->cols; i++) {
        struct cell_value cells[6];
        memcpy(cells, first, n * sizeof *cells);
        cells[n] = (struct cell_value){.kind = CELL_INT, .integer = (long long)(i / panel->cols)};
        cells[n + 1] = (struct cell_value){.kind = CELL_INT, .integer = (long long)(i % panel->cols)};
        cells[n + 2] = (struct cell_value){.kind = CELL_NUMBER, .number = (double)panel->values[i], .digits = 4};
        ok = result_row(result, cells, n + 3, err);
    }
    return ok;
}

/* The tokens of the run's text by those of its text. */
static bool draw_tokens(struct session *session, const struct call *call, struct kept_run *kept, struct arena *arena,
                        struct result *result, struct err *err)
{
    const struct run *run = kept->run;
    const struct mixing *mixing = run->model->arch->mixing;
    size_t T = tokens_length(run->tokens, 0), cells, part;
    if (!find_part(call, mixing->parts, &part, err))
        return false;
    if (!size_mul(T, T, &cells))
        return err_set(err, ERR_LIMIT, "a picture of %zu × %zu is too large", T, T);
    float *values = arena_alloc(arena, cells, sizeof *values, "the picture", err);
    struct str *labels = arena_zalloc(arena, T, sizeof *labels, "the picture", err);
    if (!values || !labels || !make_labels(run, arena, labels, err))
        return false;
    mixing->values(T, part, values);
    const struct panel panel = {.rows = T, .cols = T, .values = values, .row_labels = labels, .col_labels = labels, .tick = NAN};
    if (!result_wants_picture(result))
        return result_columns(result, "output,input,weight", err) && rows_of(result, NULL, 0, &panel, err);
    struct picture picture = {
        .panels = &panel,
        .n_panels = 1,
        .scale = {.kind = SCALE_LINEAR, .lo = -1, .hi = 1, .clip_hi = 100, .diverging = true},
        .value_name = "weight, the same in every layer",
        .row_axis = "Output",
        .col_axis = "Input",
    };
    const struct figure_source source = {.runs = &kept, .n_runs = 1, .site = "mixing"};
    return give_figure(session, call, &picture, &source, result, err);
}

/* ---- talking heads ---- */

static bool head_names(size_t H, struct arena *arena, struct str **out, struct err *err)
{
    *out = arena_zalloc(arena, H, sizeof **out, "the picture", err);
    for (size_t h = 0; *out && h < H; h++) {
        char name[24];
        snprintf(name, sizeof name, "H%zu", h);
        if (!arena_str(arena, str_of(name), &(*out)[h], err))
            return false;
    }
    return *out != NULL;
}

/* A layer's matrix as a panel; it is shown as it lies, output heads down. */
static bool matrix_panel(struct site site, const char *when, const float *matrix, size_t H, struct arena *arena,
                         struct panel *out, struct err *err)
{
    struct str *names;
    char title[64];
    snprintf(title, sizeof title, "%c%zu %s", stack_letters[site.stack], site.layer, when);
    *out = (struct panel){.rows = H, .cols = H, .values = matrix, .no_numbers = true, .tick = NAN};
    if (!head_names(H, arena, &names, err) || !arena_str(arena, str_of(title), &out->title, err))
        return false;
    out->row_labels = out->col_labels = names;
    return true;
}

static bool list_heads(struct result *result, const struct panel *panels, const struct attention *const *of, size_t n,
                       struct err *err)
{
    static const struct str letters[] = {{"L", 1}, {"D", 1}, {"X", 1}, {"E", 1}};
    if (!result_columns(result, "stack,layer,where,given,taken,weight", err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct cell_value first[] = {
            {.kind = CELL_TEXT, .text = letters[of[i]->stack->kind]},
            {.kind = CELL_INT, .integer = (long long)of[i]->layer},
            {.kind = CELL_TEXT, .text = panels[i].values == of[i]->mix_scores ? STR("scores") : STR("probs")},
        };
        if (!rows_of(result, first, 3, &panels[i], err))
            return false;
    }
    return true;
}

/* Both matrices of every selected layer that has them. */
static bool draw_heads(struct session *session, const struct call *call, struct kept_run *kept, const struct sites *sites,
                       struct arena *arena, struct result *result, struct err *err)
{
    const struct run *run = kept->run;
    struct panel *panels = arena_zalloc(arena, 2 * sites->n, sizeof *panels, "the picture", err);
    const struct attention **of = arena_zalloc(arena, 2 * sites->n, sizeof *of, "the picture", err);
    size_t n = 0;
    for (size_t i = 0; panels && of && i < sites->n; i++) {
        struct site site = sites->site[i];
        const struct attention *a = run_attention(run, site, err);
        if (!a)
            return false;
        if (i && sites->site[i - 1].stack == site.stack && sites->site[i - 1].layer == site.layer)
            continue;
        of[n] = of[n + 1] = a;
        if ((a->mix_scores && !matrix_panel(site, "before the softmax", a->mix_scores, a->H, arena, &panels[n++], err)) ||
            (a->mix_probs && !matrix_panel(site, "behind it", a->mix_probs, a->H, arena, &panels[n++], err)))
            return false;
    }
    struct picture picture = {
        .panels = panels,
        .n_panels = n,
        .across = 2,
        .scale = {.kind = SCALE_LINEAR, .lo = NAN, .hi = NAN, .clip_hi = 100, .diverging = true},
        .value_name = "weight",
        .row_axis = "Head given",
        .col_axis = "Head taken",
    };
    const struct figure_source source = {.runs = &kept, .n_runs = 1, .site = "mixing"};
    panel_table_across(call, &picture);
    if (panels && of && !n)
        return err_set(err, ERR_NOT_FOUND,
                       "%s mixes its tokens by attention, and no layer mixes its heads: show and plot draw its maps",
                       run->model->name);
    if (panels && of && !result_wants_picture(result))
        return list_heads(result, panels, of, n, err);
    return panels && of && give_figure(session, call, &picture, &source, result, err);
}

static bool draw(struct session *session, const struct call *call, struct kept_run *kept, struct arena *arena,
                 struct result *result, struct err *err)
{
    struct sites sites = {0};
    if (kept->run->model->arch->mixing)
        return draw_tokens(session, call, kept, arena, result, err);
    if (call_given(call, "part")) {
        err_set(err, ERR_ARG, "part= is for the transforms of a model without attention, which %s is not",
                kept->run->model->name);
        return call_blame_option(call, "part", err);
    }
    bool ok =
        select_sites(session, call, kept, SELECT_ALL, &sites, err) && draw_heads(session, call, kept, &sites, arena, result, err);
    sites_free(&sites);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs;
    size_t n;
    if (!select_runs(session, call, &runs, &n, err))
        return false;
    struct arena *arena = arena_new(err);
    bool ok = arena && draw(session, call, runs[0], arena, result, err);
    arena_free(arena);
    free(runs);
    return ok;
}

static const struct option options[] = {
    {"part", VALUE_WORD, NULL, NULL, "cos or sin, the two parts of a Fourier transform", 0, 0},
    OPTION_CELLS,
    OPTION_FIGURE,
    OPTION_ACROSS,
    {0},
};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, false, "whose tokens; the last run where none is named"},
    {"SELECTOR", ARG_SELECTOR, true, true, "layers of talking heads: L0-3; all where none is named"},
    {0},
};
const struct command command_mixing = {
    .name = "mixing",
    .group = "maps",
    .keywords = "fourier|fnet|token mixing|talking heads|head mixing",
    .summary = "what a model without attention mixes its tokens by, and talking heads their maps",
    .help =
        "FNet's layers hold no attention: every output is a sum over all tokens with fixed weights. Output i takes cos 2πij/T "
        "of\n"
        "token j's cosine transform over the width, and -sin 2πij/T (part=sin) of its sine transform. No input changes them:\n"
        "this is no map of attention, rows do not add up to 1, weights are negative too.\n"
        "Talking heads (Shazeer et al. 2020): the scores that enter head h's softmax are a sum over all heads' scores with the\n"
        "weights of row h, and what leaves it a sum over all heads' probabilities: two matrices a layer. Scores before mixing\n"
        "are show part= with the sum of the terms.",
    .examples = "mixing\nmixing part=sin > sines.png\nmixing L0-3 > talking.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
