/* The maps that a command means, and their titles. See map_list.h. */
#include "repl/map/map_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "repl/grammar/call.h"
#include "repl/map/align.h"
#include "repl/map/shown_map.h"

/* part=c2c,c2p,scores into pieces. */
static bool split_parts(const struct call *call, struct map_list *out, struct err *err)
{
    struct str rest = call_option(call, "part");
    if (!rest.n || !memchr(rest.s, ',', rest.n))
        return true;
    for (const char *comma = rest.s; comma; rest.s = comma + 1) {
        comma = memchr(rest.s, ',', rest.n);
        size_t n = comma ? (size_t)(comma - rest.s) : rest.n;
        if (out->n_parts == sizeof out->parts / sizeof *out->parts) {
            err_set(err, ERR_LIMIT, "part= takes at most %zu parts", out->n_parts);
            return call_blame_option(call, "part", err);
        }
        out->parts[out->n_parts++] = (struct str){rest.s, n};
        rest.n -= comma ? n + 1 : n;
    }
    return true;
}

bool map_list_make(const struct session *session, const struct call *call, struct map_list *out, struct err *err)
{
    *out = (struct map_list){.folded = call_option(call, "agg").n > 0};
    if (!split_parts(call, out, err) || !select_runs(session, call, &out->runs, &out->n_runs, err))
        return false;
    out->sites = mem_new(out->n_runs, sizeof *out->sites, "the selection", err);
    if (!out->sites)
        goto fail;
    for (size_t i = 0; i < out->n_runs; i++)
        if (!select_sites(session, call, out->runs[i], SELECT_LAST, &out->sites[i], err))
            goto fail;
    return true;
fail:
    map_list_free(out);
    return false;
}

void map_list_free(struct map_list *list)
{
    for (size_t i = 0; list->sites && i < list->n_runs; i++)
        sites_free(&list->sites[i]);
    free(list->sites);
    free(list->runs);
    *list = (struct map_list){0};
}

static size_t maps_of_run(const struct map_list *list, size_t run)
{
    return list->folded ? 1 : list->sites[run].n;
}

size_t map_list_count(const struct map_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < (list->difference ? 1 : list->n_runs); i++)
        n += maps_of_run(list, i);
    return list->n_parts ? n * list->n_parts : n;
}

/* Map i of one run. */
static bool make_one(struct session *session, const struct call *call, const struct map_list *list, size_t run, size_t i,
                     struct shown_map *out, struct err *err)
{
    const struct sites *sites = &list->sites[run];
    return list->folded ? shown_map_make(session, call, list->runs[run], sites->site, sites->n, out, err)
                        : shown_map_make(session, call, list->runs[run], &sites->site[i], 1, out, err);
}

/* Second minus first; labels are the second's. */
static bool make_difference(struct session *session, const struct call *call, const struct map_list *list, size_t i,
                            struct shown_map *out, struct err *err)
{
    struct shown_map first;
    if (!make_one(session, call, list, 0, i, &first, err))
        return false;
    bool ok = make_one(session, call, list, 1, i, out, err);
    if (ok && list->aligned) {
        ok = shown_map_subtract_aligned(&first, out, err);
        if (!ok)
            shown_map_free(out);
        shown_map_free(&first);
        return ok;
    }
    if (ok && (out->rows != first.rows || out->cols != first.cols)) {
        ok = err_set(err, ERR_ARG, "diff: @%zu shows %zu × %zu cells, @%zu %zu × %zu: no cell-by-cell difference",
                     first.run->number, first.rows, first.cols, out->run->number, out->rows, out->cols);
        shown_map_free(out);
    }
    if (ok && first.masked && !out->masked)
        ok = (out->masked = arena_zalloc(out->arena, out->rows * out->cols, 1, "the difference", err)) != NULL;
    for (size_t c = 0; ok && c < out->rows * out->cols; c++) {
        out->values[c] -= first.values[c];
        if (first.masked)
            out->masked[c] |= first.masked[c];
    }
    if (ok)
        shown_map_count(out);
    shown_map_free(&first);
    return ok;
}

static bool map_of_one_part(struct session *session, const struct call *call, const struct map_list *list, size_t i,
                            struct shown_map *out, struct err *err)
{
    size_t run = 0;
    if (list->difference)
        return make_difference(session, call, list, i, out, err);
    while (i >= maps_of_run(list, run))
        i -= maps_of_run(list, run++);
    return make_one(session, call, list, run, i, out, err);
}

bool map_list_at(struct session *session, const struct call *call, const struct map_list *list, size_t i,
                 struct shown_map *out, struct err *err)
{
    if (!list->n_parts)
        return map_of_one_part(session, call, list, i, out, err);
    size_t n = command_options(call->command);
    struct call one = *call; /* as if its own part alone had been asked for */
    one.values = mem_new(n, sizeof *one.values, "the options", err);
    if (!one.values)
        return false;
    for (size_t o = 0; o < n; o++) {
        one.values[o] = call->values[o];
        if (strcmp(command_option(call->command, o)->name, "part") == 0)
            one.values[o].text = list->parts[i % list->n_parts];
    }
    bool ok = map_of_one_part(session, &one, list, i / list->n_parts, out, err);
    free(one.values);
    return ok;
}

static void title_site(const struct shown_map *map, const struct call *call, struct buf *out)
{
    if (!map->agg_heads) {
        site_name(map->site, out);
        return;
    }
    struct str agg = call_option(call, "agg");
    buf_printf(out, "%.*s of %zu heads", STR_ARGS(agg), map->agg_heads);
    if (!map->agg_layers)
        buf_printf(out, " of %c%zu", stack_letters[map->site.stack], map->site.layer);
}

void map_title(const struct shown_map *map, const struct call *call, struct buf *out)
{
    struct str part = call_option(call, "part");
    title_site(map, call, out);
    if (part.n && memchr(part.s, ',', part.n)) {
        buf_char(out, ' ');
        part_name(map->run->run->model->stacks[map->site.stack].terms, map->part, out);
    }
}

void maps_remember(struct session *session, const struct map_list *list)
{
    session->last.run = list->runs[list->n_runs - 1]->number;
    session->last.site = list->sites[list->n_runs - 1].site[0];
    session->last.known = true;
}
