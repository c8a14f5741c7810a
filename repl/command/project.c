/* project: words in a plane. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/embed/query/project.h"
#include "repl/grammar/call.h"
#include "repl/words/asked_words.h"
#include "viz/chart/chart.h"
#include "viz/chart/scatter.h"

enum { LINES = 4, NAME_COLUMNS = 28 };

/* The words to place: those asked for, and behind A − B + C its answer. */
struct plane {
    struct scatter_point points[PROJECT_MOST];
    size_t n;
    struct scatter_line lines[LINES];
    size_t n_lines;
    double share[2];
};

static bool is_analogy(const struct asked *asked)
{
    return asked->n == 3 && !asked->terms[0].negative && asked->terms[1].negative && !asked->terms[2].negative;
}

/* A − B + C → D: the sides B→A, C→D, B→C, A→D. */
static bool add_answer(const struct asked *asked, struct plane *plane, struct hit *hit, struct err *err)
{
    static const struct scatter_line sides[LINES] = {{1, 0}, {2, 3}, {1, 2}, {0, 3}};
    size_t n;
    if (!query_best(asked->vectors, query_methods[0], asked->terms, asked->n, false, 1, hit, &n, err))
        return false;
    if (!n)
        return true;
    plane->points[plane->n++] = (struct scatter_point){.label = asked->vectors->words[hit->word], .strong = true};
    memcpy(plane->lines, sides, sizeof sides);
    plane->n_lines = LINES;
    return true;
}

static bool place(const struct call *call, const struct asked *asked, struct plane *plane, struct err *err)
{
    const struct vectors *v = asked->vectors;
    struct hit hit;
    bool fold = str_is(call_str(call, "case"), "fold");
    for (size_t i = 0; i < asked->n; i++)
        plane->points[plane->n++] = (struct scatter_point){.label = asked->terms[i].word};
    if (is_analogy(asked) && !add_answer(asked, plane, &hit, err))
        return false;
    float *rows = mem_new(plane->n * v->E, sizeof *rows, "vectors", err);
    double *xy = mem_new(plane->n, 2 * sizeof *xy, "places", err);
    bool ok = rows && xy;
    for (size_t i = 0; ok && i < asked->n; i++)
        ok = vectors_of(v, asked->terms[i].word, fold, rows + i * v->E, NULL);
    if (ok && plane->n > asked->n)
        vectors_row(v, hit.word, rows + asked->n * v->E);
    ok = ok && project_plane(rows, plane->n, v->E, xy, plane->share, err);
    for (size_t i = 0; ok && i < plane->n; i++) {
        plane->points[i].x = xy[2 * i];
        plane->points[i].y = xy[2 * i + 1];
    }
    free(rows);
    free(xy);
    return ok;
}

static bool give_rows(struct result *result, const struct plane *plane, struct err *err)
{
    bool ok = result_columns(result, "word,x,y", err);
    for (size_t i = 0; ok && i < plane->n; i++) {
        struct cell_value cells[] = {{.kind = CELL_TEXT, .text = plane->points[i].label},
                                     {.kind = CELL_NUMBER, .number = plane->points[i].x, .digits = 4},
                                     {.kind = CELL_NUMBER, .number = plane->points[i].y, .digits = 4}};
        ok = result_row(result, cells, 3, err);
    }
    return ok;
}

/* Names that a picture has room for. */
static bool shorten(struct plane *plane, struct arena *arena, struct err *err)
{
    struct buf brief = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < plane->n; i++) {
        brief.n = 0;
        if (plane->points[i].label.n > NAME_COLUMNS && text_fit(&brief, plane->points[i].label, NAME_COLUMNS))
            ok = buf_ok(&brief, err) && arena_str(arena, buf_view(&brief), &plane->points[i].label, err);
    }
    buf_free(&brief);
    return ok;
}

static bool give(struct session *session, const struct call *call, const struct asked *asked, struct plane *plane,
                 struct result *result, struct err *err)
{
    char note[200], axis[2][60];
    struct scatter scatter = {.points = plane->points, .n_points = plane->n, .lines = plane->lines, .n_lines = plane->n_lines};
    if (!result_wants_picture(result))
        return give_rows(result, plane, err);
    if (!shorten(plane, asked->arena, err))
        return false;
    snprintf(note, sizeof note, "principal components: %.0f %% + %.0f %% of the variance", 100 * plane->share[0],
             100 * plane->share[1]);
    for (int i = 0; i < 2; i++)
        snprintf(axis[i], sizeof axis[i], "%s component (%.0f %% of variance)", i ? "second" : "first", 100 * plane->share[i]);
    struct str notes[] = {str_of(note)};
    struct picture picture = {.chart = &chart_scatter,
                              .data = &scatter,
                              .row_axis = axis[1],
                              .col_axis = axis[0],
                              .notes = notes,
                              .n_notes = 1,
                              .value_name = "principal components"};
    return give_vectors_figure(session, call, asked->vectors, &picture, result, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct asked asked;
    if (!asked_make(session, call, SIGNS_OPTIONAL, &asked, err))
        return false;
    struct plane *plane = mem_new(1, sizeof *plane, "a picture", err);
    bool ok = plane && ((asked.n > 1 && asked.n < PROJECT_MOST) ||
                        err_set(err, ERR_ARG, "project wants 2 to %d words, found %zu", PROJECT_MOST - 1, asked.n));
    ok = ok && place(call, &asked, plane, err) && give(session, call, &asked, plane, result, err);
    free(plane);
    asked_free(&asked);
    return ok;
}

static const struct option options[] = {OPTION_CASE, OPTION_FIGURE, {0}};
static const struct arg args[] = {{"WORD", ARG_WORDS, false, true, "words, or an analogy: king - man + woman"}, {0}};
const struct command command_project = {
    .name = "project",
    .group = "vectors",
    .keywords = "pca|tsne|t-sne|umap|scatter|2d|two dimensions|dimension reduction|embedding plot|map of words",
    .summary = "words in a plane: a picture of the two directions in which they differ most",
    .help =
        "Principal components of the words' vectors as they stand in the set, not normalised. Of an analogy A - B + C the "
        "answer\n"
        "(3cosadd) is placed too, and the parallelogram drawn. What looks near in the plane need not be near in all dimensions:\n"
        "the note says how much of the variance is shown.",
    .examples = "project king - man + woman\nproject Paris France Rome Italy Berlin Germany\nproject king - man + woman "
                "size=acl1 > plane.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
