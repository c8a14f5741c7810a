/* The maps that a command means, and their titles. See map_list.h. */
#include "repl/map/map_list.h"

#include <stdlib.h>
#include <string.h>

#include "repl/map/align.h"

static bool read_request(const struct call *call, struct map_list *out, struct err *err)
{
    enum { MOST = sizeof out->parts / sizeof *out->parts };
    if (!map_request_read(call, &out->request, err))
        return false;
    out->n_parts = part_request_split(out->request.part, out->parts, MOST, err);
    return out->n_parts <= MOST || map_request_blame(&out->request, "part", err);
}

/* One site a layer, its first, where the part is one map a layer. */
static void one_a_layer(const struct map_list *list, struct sites *sites)
{
    const struct effect *effect = part_request_effect(list->request.part);
    size_t n = 0;
    for (size_t i = 0; effect && effect->of_layer && i < sites->n; i++) {
        struct site site = sites->site[i];
        if (n && sites->site[n - 1].stack == site.stack && sites->site[n - 1].layer == site.layer)
            continue;
        sites->site[n++] = site;
    }
    sites->n = n ? n : sites->n;
}

bool map_list_make(const struct session *session, const struct call *call, struct map_list *out, struct err *err)
{
    return map_list_make_part(session, call, NULL, out, err);
}

bool map_list_make_part(const struct session *session, const struct call *call, const struct part_request *part,
                        struct map_list *out, struct err *err)
{
    *out = (struct map_list){0};
    if (!read_request(call, out, err))
        return false;
    if (part)
        out->request.part = *part;
    if (!select_runs(session, call, &out->runs, &out->n_runs, err))
        return false;
    out->sites = mem_new(out->n_runs, sizeof *out->sites, "the selection", err);
    if (!out->sites)
        goto fail;
    for (size_t i = 0; i < out->n_runs; i++) {
        if (!select_sites(session, call, out->runs[i], SELECT_LAST, &out->sites[i], err))
            goto fail;
        one_a_layer(out, &out->sites[i]);
    }
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

static bool folds(const struct map_list *list)
{
    return list->request.fold != FOLD_NONE;
}

static size_t maps_of_run(const struct map_list *list, size_t run)
{
    return folds(list) ? 1 : list->sites[run].n;
}

size_t map_list_count(const struct map_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < (list->difference ? 1 : list->n_runs); i++)
        n += maps_of_run(list, i);
    return list->n_parts ? n * list->n_parts : n;
}

/* Map i of one run. */
static bool make_one(const struct map_list *list, const struct map_request *request, size_t run, size_t i,
                     struct shown_map *out, struct err *err)
{
    const struct sites all = list->sites[run], one = {.site = &all.site[i], .n = 1};
    return shown_map_make(request, list->runs[run], folds(list) ? &all : &one, out, err);
}

/* second − first into second; labels are the second's. */
static bool subtract(const struct shown_map *first, struct shown_map *second, struct err *err)
{
    if (second->rows != first->rows || second->cols != first->cols)
        return err_set(err, ERR_ARG, "diff: @%zu shows %zu × %zu cells, @%zu %zu × %zu: no cell-by-cell difference",
                       first->run->number, first->rows, first->cols, second->run->number, second->rows, second->cols);
    if (first->masked && !second->masked &&
        !(second->masked = arena_zalloc(second->arena, second->rows * second->cols, 1, "the difference", err)))
        return false;
    for (size_t c = 0; c < second->rows * second->cols; c++) {
        second->values[c] -= first->values[c];
        if (first->masked)
            second->masked[c] |= first->masked[c];
    }
    shown_map_count(second);
    return true;
}

static bool make_difference(const struct map_list *list, const struct map_request *request, size_t i, struct shown_map *out,
                            struct err *err)
{
    struct shown_map first;
    if (!make_one(list, request, 0, i, &first, err))
        return false;
    bool ok = make_one(list, request, 1, i, out, err);
    size_t changed;
    bool marks = !list->aligned && !request->words; /* words are told by their labels alone, in documents too */
    if (ok && !((!marks || out->rows != first.rows || out->cols != first.cols || shown_map_mark_changed(out, &first, false, &changed, err)) &&
                (list->aligned ? shown_map_subtract_aligned(&first, out, err) : subtract(&first, out, err)))) {
        shown_map_free(out);
        ok = false;
    }
    shown_map_free(&first);
    return ok;
}

bool map_list_at(const struct map_list *list, size_t i, struct shown_map *out, struct err *err)
{
    struct map_request request = list->request;
    size_t run = 0;
    if (list->n_parts) {
        request.part = list->parts[i % list->n_parts];
        i /= list->n_parts;
    }
    if (list->difference)
        return make_difference(list, &request, i, out, err);
    while (i >= maps_of_run(list, run))
        i -= maps_of_run(list, run++);
    return make_one(list, &request, run, i, out, err);
}

void map_title(const struct map_list *list, const struct shown_map *map, struct buf *out)
{
    if (shown_map_of_layer(map))
        buf_printf(out, "%c%zu", stack_letters[map->site.stack], map->site.layer);
    else if (!map->agg_heads)
        site_name(map->site, out);
    else
        buf_printf(out, "%s of %zu heads", fold_names[list->request.fold], map->agg_heads);
    if (map->agg_heads && !map->agg_layers)
        buf_printf(out, " of %c%zu", stack_letters[map->site.stack], map->site.layer);
    if (list->n_parts) {
        buf_char(out, ' ');
        shown_map_part(map, out);
    }
}

struct site_row map_list_row(const struct map_list *list, const struct shown_map *map)
{
    bool stack = false;
    for (size_t i = 0; i < list->n_runs; i++)
        stack |= sites_tell_stack(list->sites[i].site, list->sites[i].n);
    return (struct site_row){
        .stack = stack, .no_layer = map && map->agg_layers, .no_head = map && (map->agg_heads || shown_map_of_layer(map))};
}

static bool was_noted(const struct session *session, const struct model *model)
{
    for (size_t i = 0; i < session->n_runs; i++)
        if (session->runs[i].run->model == model && session->runs[i].noted)
            return true;
    return false;
}

void maps_note(struct session *session, struct kept_run *kept, const struct sites *sites, struct result *result)
{
    const struct model *model = kept->run->model;
    const struct arch *arch = model->arch;
    for (size_t i = 0; arch && arch->note && i < sites->n && !was_noted(session, model); i++) {
        const struct site *site = &sites->site[i];
        const char *note = arch->note(model, site->stack, site->layer);
        if (note)
            result_note(result, "note: %s, %c%zu: %s", model->name, stack_letters[site->stack], site->layer, note);
        kept->noted = note != NULL;
    }
}

void maps_remember(struct session *session, const struct map_list *list)
{
    session->last.run = list->runs[list->n_runs - 1]->number;
    session->last.site = list->sites[list->n_runs - 1].site[0];
    session->last.known = true;
}
