/* Maps as documents: JSON, rows of CSV and TSV, tensors. Pictures are in map_picture.c. See give_maps.h. */
#include "repl/map/give_maps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "repl/map/align.h"
#include "repl/map/map_picture.h"
#include "repl/map/shown_map.h"

/* ---- JSON ---- */

static void put_axis(struct buf *b, const struct shown_map *map, const char *name, size_t n, const size_t *tokens,
                     const unsigned char *changed, struct str (*token)(const struct shown_map *, size_t))
{
    buf_printf(b, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, "%s{\"i\":%zu,\"token\":", i ? "," : "", tokens[i]);
        json_quote(b, token(map, i));
        buf_puts(b, changed && changed[i] ? ",\"changed\":true}" : "}");
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

/* `other` is the same head of the other of two runs, or NULL: tokens without a counterpart in it are told. */
static bool give_json_map(struct result *result, const struct map_list *list, struct shown_map *map,
                          const struct shown_map *other, struct err *err)
{
    struct buf b = {0}, part = {0};
    buf_char(&b, '{');
    put_run(&b, list, map);
    site_json(map->site, map_list_row(list, map), &b);
    shown_map_part(map, &part);
    buf_puts(&b, ",\"part\":");
    json_quote(&b, buf_view(&part));
    buf_free(&part);
    put_axis(&b, map, "rows", map->rows, map->row_tokens, other ? shown_map_changed(map, other, AXIS_ROWS) : NULL,
             shown_map_query);
    put_axis(&b, map, "cols", map->cols, map->col_tokens, other ? shown_map_changed(map, other, AXIS_COLS) : NULL, shown_map_key);
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

static bool give_json(const struct map_list *list, struct result *result, struct err *err)
{
    size_t n = map_list_count(list);
    for (size_t i = 0; i < n; i++) {
        struct shown_map map;
        if (n > 1 && !result_json_piece(result, i ? STR(",") : STR("["), err))
            return false;
        if (!map_list_at(list, i, &map, err))
            return false;
        struct shown_map other = {0};
        bool two = list->n_runs == 2 && !list->difference && n % 2 == 0;
        bool ok = (!two || map_list_at(list, (i + n / 2) % n, &other, err)) &&
                  give_json_map(result, list, &map, two ? &other : NULL, err);
        if (two && other.arena)
            shown_map_free(&other);
        shown_map_free(&map);
        if (!ok)
            return false;
    }
    return result_json(result, n > 1 ? STR("]") : STR(""), err);
}

/* ---- rows: one cell of a map a line ---- */

/* Columns that stand only where there are several: run, part. */
static bool tells_run(const struct map_list *list)
{
    return list->n_runs > 1 && !list->difference;
}

static bool give_map_rows(struct result *result, const struct map_list *list, const struct shown_map *map, struct err *err)
{
    struct cell_value none = {.kind = CELL_NONE};
    struct site_row row = map_list_row(list, map);
    struct buf part = {0};
    shown_map_part(map, &part);
    bool ok = buf_ok(&part, err);
    for (size_t i = 0; ok && i < map->rows * map->cols; i++) {
        size_t r = i / map->cols, c = i % map->cols, n = 0;
        struct cell_value cells[7 + SITE_CELLS];
        if (tells_run(list))
            cells[n++] = int_cell(map->run->number);
        if (list->n_parts)
            cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&part)};
        n += site_cells(map->site, row, cells + n);
        cells[n++] = int_cell(map->row_tokens[r]);
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = shown_map_query(map, r)};
        cells[n++] = int_cell(map->col_tokens[c]);
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = shown_map_key(map, c)};
        cells[n++] =
            map->masked && map->masked[i] ? none : (struct cell_value){.kind = CELL_NUMBER, .number = (double)map->values[i]};
        ok = result_row(result, cells, n, err);
    }
    buf_free(&part);
    return ok;
}

static bool give_rows(const struct map_list *list, struct result *result, struct err *err)
{
    char header[96];
    snprintf(header, sizeof header, "%s%s%s,query,query_token,key,key_token,value", tells_run(list) ? "run," : "",
             list->n_parts ? "part," : "", site_header(map_list_row(list, NULL)));
    if (!result_columns(result, header, err))
        return false;
    for (size_t i = 0, n = map_list_count(list); i < n; i++) {
        struct shown_map map;
        if (!map_list_at(list, i, &map, err))
            return false;
        bool ok = give_map_rows(result, list, &map, err);
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

static bool give_tensors(const struct map_list *list, struct result *result, struct err *err)
{
    size_t n = map_list_count(list), made = 0;
    struct shown_map *maps = mem_new(n, sizeof *maps, "the maps", err);
    struct tensor_promise *promises = mem_new(n, sizeof *promises, "the maps", err);
    bool ok = maps && promises;
    for (; ok && made < n; made++) {
        ok = map_list_at(list, made, &maps[made], err);
        if (!ok)
            break;
        struct buf name = {0};
        if (tells_run(list))
            buf_printf(&name, "%zu.", maps[made].run->number);
        map_title(list, &maps[made], &name);
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
    bool ok = result_wants_json(result)      ? give_json(list, result, err)
              : result_wants_picture(result) ? maps_give_picture(session, call, list, result, err)
              : result_wants_rows(result)    ? give_rows(list, result, err)
                                             : give_tensors(list, result, err);
    for (size_t i = 0; ok && i < list->n_runs; i++)
        maps_note(session, list->runs[i], &list->sites[i], result);
    if (ok)
        maps_remember(session, list);
    return ok;
}
