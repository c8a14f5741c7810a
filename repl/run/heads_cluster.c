/* `heads cluster`. See heads_cluster.h; distances and places are core/measure/head_distance.c. */
#include "repl/run/heads_cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/measure/head_distance.h"
#include "repl/result/figure.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"
#include "viz/chart/chart.h"
#include "viz/chart/scatter.h"

struct cluster {
    const struct site *sites;
    size_t n, rows, texts;
    double *distances; /* [n,n] summed over queries of all texts */
    double *xy, share[2];
    struct kept_run *kept; /* the run, or NULL: texts of a file */
    const struct model *model;
};

static bool room_for(struct cluster *c, struct err *err)
{
    if (c->n < 3 || c->n > HEAD_DISTANCE_MOST)
        return err_set(err, ERR_ARG, "a map of heads wants 3 to %d heads, %zu are selected", HEAD_DISTANCE_MOST, c->n);
    c->distances = mem_new(c->n * c->n, sizeof *c->distances, "distances of heads", err);
    c->xy = mem_new(c->n, 2 * sizeof *c->xy, "places of heads", err);
    return c->distances && c->xy;
}

static bool see(void *context, const struct scan_text *text, struct err *err)
{
    struct cluster *c = context;
    struct site *sites = mem_new(c->n, sizeof *sites, "distances of heads", err);
    for (size_t i = 0; sites && i < c->n; i++) {
        sites[i] = c->sites[i];
        sites[i].text = text->text;
    }
    bool ok = sites && head_distances(text->run, sites, c->n, c->distances, &c->rows, err);
    c->texts++;
    free(sites);
    return ok;
}

/* The head that is nearest to head i. */
static size_t nearest(const struct cluster *c, size_t i)
{
    size_t best = i == 0;
    for (size_t k = 0; k < c->n; k++)
        if (k != i && c->distances[i * c->n + k] < c->distances[i * c->n + best])
            best = k;
    return best;
}

static bool give_rows(const struct cluster *c, struct result *result, struct err *err)
{
    struct site_row row = {.stack = sites_tell_stack(c->sites, c->n)};
    char header[128];
    snprintf(header, sizeof header, "%s,x,y,nearest,js,js_row", site_header(row));
    bool ok = result_columns(result, header, err);
    for (size_t i = 0; ok && i < c->n; i++) {
        struct cell_value cells[SITE_CELLS + 5];
        struct buf name = {0};
        size_t to = nearest(c, i), n = site_cells(c->sites[i], row, cells);
        site_name(c->sites[to], &name);
        cells[n++] = number_cell(c->xy[2 * i], 4);
        cells[n++] = number_cell(c->xy[2 * i + 1], 4);
        cells[n++] = text_cell(buf_view(&name));
        cells[n++] = number_cell(c->distances[i * c->n + to], 4);
        cells[n++] = number_cell(c->distances[i * c->n + to] / (double)c->rows, 5);
        ok = buf_ok(&name, err) && result_row(result, cells, n, err);
        buf_free(&name);
    }
    return ok;
}

static bool give_picture(struct session *session, const struct call *call, const struct cluster *c, struct arena *arena,
                         struct result *result, struct err *err)
{
    struct scatter_point *points = arena_zalloc(arena, c->n, sizeof *points, "the picture", err);
    const struct figure_source source = {
        .runs = &c->kept, .n_runs = c->kept ? 1 : 0, .model = c->kept ? NULL : c->model, .site = "heads cluster"};
    char note[200], counted[120];
    size_t layers = 1;
    for (size_t i = 0; i < c->n; i++)
        layers = c->sites[i].layer >= layers ? c->sites[i].layer + 1 : layers;
    for (size_t i = 0; points && i < c->n; i++) {
        char name[48];
        snprintf(name, sizeof name, "%c%zu.%zu", stack_letters[c->sites[i].stack], c->sites[i].layer, c->sites[i].head);
        points[i] = (struct scatter_point){.x = c->xy[2 * i], .y = c->xy[2 * i + 1],
                                           .tint = scatter_tint(c->sites[i].layer, layers)};
        if (!arena_str(arena, str_of(name), &points[i].label, err))
            return false;
    }
    snprintf(note, sizeof note,
             "Jensen\u2013Shannon divergence of rows, 0.999\u00b7A + 0.001/n, summed (Clark et al. 2019); classical scaling: %.0f %% + %.0f %%",
             100 * c->share[0], 100 * c->share[1]);
    snprintf(counted, sizeof counted, "%zu heads, the deeper their layer the brighter, %zu text%s, %zu queries", c->n, c->texts, c->texts == 1 ? "" : "s", c->rows);
    const struct str notes[] = {str_of(note), str_of(counted)};
    struct scatter scatter = {.points = points, .n_points = c->n, .tint_name = "Layer", .n_tints = layers, .ticks = true};
    struct picture picture = {.chart = &chart_scatter,
                              .data = &scatter,
                              .row_axis = "second axis (nats)",
                              .col_axis = "first axis (nats)",
                              .notes = notes,
                              .n_notes = 2,
                              .value_name = "Jensen\u2013Shannon divergence"};
    return points && give_figure(session, call, &picture, &source, result, err);
}

static bool give(struct session *session, const struct call *call, struct cluster *c, struct result *result, struct err *err)
{
    struct arena *arena = arena_new(err);
    bool ok = arena && head_places(c->distances, c->n, c->xy, c->share, err);
    ok = ok && (result_wants_picture(result) ? give_picture(session, call, c, arena, result, err) : give_rows(c, result, err));
    arena_free(arena);
    free(c->distances);
    free(c->xy);
    return ok;
}

static bool of_run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs = NULL;
    struct sites sites = {0};
    struct cluster c = {.texts = 1};
    size_t n;
    bool ok = select_runs(session, call, &runs, &n, err) && select_sites(session, call, runs[0], SELECT_ALL, &sites, err);
    if (ok) {
        c.kept = runs[0];
        c.sites = sites.site;
        c.n = sites.n;
        ok = room_for(&c, err) && head_distances(c.kept->run, c.sites, c.n, c.distances, &c.rows, err);
    }
    ok = ok ? give(session, call, &c, result, err) : (free(c.distances), free(c.xy), false);
    sites_free(&sites);
    free(runs);
    return ok;
}

static bool of_texts(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct texts_file file;
    if (!texts_file_open(session, call, &file, err))
        return false;
    struct cluster c = {.sites = file.sites.site, .n = file.sites.n, .model = file.model};
    struct scan_observer observer = {.context = &c, .see = see};
    struct scan_options options = file.scan;
    struct scan_counts counts;
    bool ok = room_for(&c, err);
    if (ok) {
        struct progress progress;
        struct watch watch = progress_begin(&progress, session, "texts");
        options.watch = &watch;
        ok = scan(&options, &observer, 1, &counts, err);
        progress_end(&progress);
    }
    if (ok && !c.rows)
        ok = err_set(err, ERR_NOT_FOUND, "no text of %s is long enough: %zu tokens", file.path, options.shortest);
    ok = ok ? give(session, call, &c, result, err) : (free(c.distances), free(c.xy), false);
    texts_file_free(&file);
    return ok;
}

bool heads_cluster(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return call_given(call, "texts") ? of_texts(session, call, result, err) : of_run(session, call, result, err);
}
