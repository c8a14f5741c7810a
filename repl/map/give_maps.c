/* Maps as documents: JSON, rows of CSV and TSV, tensors. Pictures are in map_picture.c. See give_maps.h. */
#include "repl/map/give_maps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "repl/map/map_picture.h"
#include "repl/map/shown_map.h"

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
