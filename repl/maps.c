/* Maps as documents: JSON, rows of CSV and TSV, tensors. Pictures are in maps_picture.c. See maps.h. */
#include "repl/maps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"

/* ---- the list ---- */

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

/* ---- JSON ---- */

static struct str axis_token(const struct shown_map *map, size_t token, struct str label)
{
    return map->words ? label : map->run->run->tokens->texts[map->site.text].tokens[token].string;
}

static void put_axis(struct buf *b, const struct shown_map *map, const char *name, size_t n, const size_t *tokens,
                     const struct str *labels)
{
    buf_printf(b, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, "%s{\"i\":%zu,\"token\":", i ? "," : "", tokens[i]);
        json_quote(b, axis_token(map, tokens[i], labels[i]));
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void put_run(struct buf *b, const struct map_list *list, const struct shown_map *map)
{
    if (list->difference)
        buf_printf(b, "\"run\":[%zu,%zu],", list->runs[0]->number, list->runs[1]->number);
    else if (list->n_runs > 1)
        buf_printf(b, "\"run\":%zu,", map->run->number);
}

static bool give_json_map(struct result *result, const struct map_list *list, const struct shown_map *map, struct err *err)
{
    struct buf b = {0}, part = {0};
    buf_char(&b, '{');
    put_run(&b, list, map);
    map->agg_layers ? buf_puts(&b, "\"layer\":null,") : buf_printf(&b, "\"layer\":%zu,", map->site.layer);
    map->agg_heads ? buf_puts(&b, "\"head\":null,") : buf_printf(&b, "\"head\":%zu,", map->site.head);
    part_name(map->run->run->model->stacks[map->site.stack].terms, map->part, &part);
    buf_puts(&b, "\"part\":");
    json_quote(&b, buf_view(&part));
    buf_free(&part);
    put_axis(&b, map, "rows", map->rows, map->row_tokens, map->row_labels);
    put_axis(&b, map, "cols", map->cols, map->col_tokens, map->col_labels);
    if (!isnan(map->hidden_mass)) {
        buf_puts(&b, ",\"hidden_mass\":");
        json_put_number(&b, map->hidden_mass);
    }
    if (map->not_finite)
        buf_printf(&b, ",\"not_finite\":%zu", map->not_finite);
    buf_puts(&b, ",\"values\":[");
    bool ok = true;
    for (size_t r = 0; ok && r < map->rows; r++) {
        buf_puts(&b, r ? ",[" : "[");
        for (size_t c = 0; c < map->cols; c++) {
            if (c)
                buf_char(&b, ',');
            json_put_number(&b, (double)map->values[r * map->cols + c]);
        }
        buf_char(&b, ']');
        if (b.n > 65536) {
            ok = buf_ok(&b, err) && result_json_piece(result, buf_view(&b), err);
            b.n = 0;
        }
    }
    buf_puts(&b, "]}");
    ok = ok && buf_ok(&b, err) && result_json_piece(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static bool give_json(struct session *session, const struct call *call, const struct map_list *list, struct result *result,
                      struct err *err)
{
    size_t n = map_list_count(list);
    for (size_t i = 0; i < n; i++) {
        struct shown_map map;
        if (n > 1 && !result_json_piece(result, i ? STR(",") : STR("["), err))
            return false;
        if (!map_list_at(session, call, list, i, &map, err))
            return false;
        bool ok = give_json_map(result, list, &map, err);
        shown_map_free(&map);
        if (!ok)
            return false;
    }
    return result_json(result, n > 1 ? STR("]") : STR(""), err);
}

/* ---- rows: one cell of a map a line ---- */

static struct cell_value cell_number_of(size_t n)
{
    return (struct cell_value){.kind = CELL_INT, .integer = (long long)n};
}

/* Columns that stand only where there are several: run, part. */
struct row_shape {
    bool run, part;
};

static bool give_map_rows(struct result *result, struct row_shape shape, const struct shown_map *map, struct err *err)
{
    struct cell_value none = {.kind = CELL_NONE};
    struct buf part = {0};
    part_name(map->run->run->model->stacks[map->site.stack].terms, map->part, &part);
    bool ok = buf_ok(&part, err);
    for (size_t i = 0; ok && i < map->rows * map->cols; i++) {
        size_t r = i / map->cols, c = i % map->cols, n = 0;
        struct cell_value cells[9];
        if (shape.run)
            cells[n++] = cell_number_of(map->run->number);
        if (shape.part)
            cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&part)};
        cells[n++] = map->agg_layers ? none : cell_number_of(map->site.layer);
        cells[n++] = map->agg_heads ? none : cell_number_of(map->site.head);
        cells[n++] = cell_number_of(map->row_tokens[r]);
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = axis_token(map, map->row_tokens[r], map->row_labels[r])};
        cells[n++] = cell_number_of(map->col_tokens[c]);
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = axis_token(map, map->col_tokens[c], map->col_labels[c])};
        cells[n++] = map->masked && map->masked[i] ? none : (struct cell_value){.kind = CELL_NUMBER, .number = (double)map->values[i]};
        ok = result_row(result, cells, n, err);
    }
    buf_free(&part);
    return ok;
}

static bool give_rows(struct session *session, const struct call *call, const struct map_list *list, struct result *result,
                      struct err *err)
{
    struct row_shape shape = {list->n_runs > 1 && !list->difference, list->n_parts > 0};
    char header[96];
    snprintf(header, sizeof header, "%s%slayer,head,query,query_token,key,key_token,value", shape.run ? "run," : "",
             shape.part ? "part," : "");
    if (!result_columns(result, header, err))
        return false;
    for (size_t i = 0, n = map_list_count(list); i < n; i++) {
        struct shown_map map;
        if (!map_list_at(session, call, list, i, &map, err))
            return false;
        bool ok = give_map_rows(result, shape, &map, err);
        shown_map_free(&map);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- tensors: one matrix a map ---- */

static bool fill_map(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct shown_map *map = context;
    (void)err;
    memcpy(out, map->values + row * map->cols, rows * map->cols * sizeof(float));
    return true;
}

static bool give_tensors(struct session *session, const struct call *call, const struct map_list *list,
                         struct result *result, struct err *err)
{
    size_t n = map_list_count(list), made = 0;
    struct shown_map *maps = mem_new(n, sizeof *maps, "the maps", err);
    struct tensor_promise *promises = mem_new(n, sizeof *promises, "the maps", err);
    bool ok = maps && promises;
    for (; ok && made < n; made++) {
        ok = map_list_at(session, call, list, made, &maps[made], err);
        if (!ok)
            break;
        struct buf name = {0};
        if (list->n_runs > 1 && !list->difference)
            buf_printf(&name, "%zu.", maps[made].run->number);
        map_title(&maps[made], call, &name);
        struct tensor_promise *p = &promises[made];
        *p = (struct tensor_promise){.rank = 2,
                                     .shape = {maps[made].rows, maps[made].cols},
                                     .axes = {"query", "key"},
                                     .fill = fill_map,
                                     .context = &maps[made]};
        for (size_t i = 0; i < name.n && i + 1 < sizeof p->name; i++)
            p->name[i] = name.data[i] == ' ' || name.data[i] == '/' ? '_' : name.data[i];
        buf_free(&name);
    }
    ok = ok && result_tensors(result, promises, n, NULL, 0, err);
    for (size_t i = 0; i < made; i++)
        shown_map_free(&maps[i]);
    free(maps);
    free(promises);
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

bool maps_give(struct session *session, const struct call *call, const struct map_list *list, struct result *result,
               struct err *err)
{
    bool ok = result_wants_json(result)      ? give_json(session, call, list, result, err)
              : result_wants_picture(result) ? maps_give_picture(session, call, list, result, err)
              : result_wants_rows(result)    ? give_rows(session, call, list, result, err)
                                             : give_tensors(session, call, list, result, err);
    if (ok)
        maps_remember(session, list);
    return ok;
}

void maps_remember(struct session *session, const struct map_list *list)
{
    session->last.run = list->runs[list->n_runs - 1]->number;
    session->last.site = list->sites[list->n_runs - 1].site[0];
    session->last.known = true;
}
