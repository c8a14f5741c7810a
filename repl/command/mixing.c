/* mixing: what a model without attention mixes its tokens by, as a picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
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

static bool draw(struct session *session, const struct call *call, struct kept_run *kept, struct arena *arena,
                 struct result *result, struct err *err)
{
    const struct run *run = kept->run;
    const struct mixing *mixing = run->model->arch->mixing;
    size_t T = tokens_length(run->tokens, 0), cells, part;
    if (!mixing)
        return err_set(err, ERR_NOT_FOUND, "%s mixes its tokens by attention: show and plot draw its maps", run->model->name);
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
    {0},
};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, false, "whose tokens; the last run where none is named"},
    {0},
};
const struct command command_mixing = {
    .name = "mixing",
    .group = "maps",
    .keywords = "fourier|fnet|token mixing",
    .summary = "what a model without attention mixes its tokens by",
    .help =
        "FNet's layers hold no attention: every output is a sum over all tokens with fixed weights. Output i takes cos 2πij/T "
        "of\n"
        "token j's cosine transform over the width, and -sin 2πij/T (part=sin) of its sine transform. No input changes them:\n"
        "this is no map of attention, rows do not add up to 1, weights are negative too.",
    .examples = "mixing\nmixing part=sin > sines.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
