/* Numbers of pairs as a picture or a document. See square_map.h. */
#include "repl/result/square_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"

static size_t number(const struct square_map *map, size_t i)
{
    return map->numbers ? map->numbers[i] : i;
}

static bool give_json(const struct square_map *map, struct result *result, struct err *err)
{
    struct buf b = {0};
    bool ok = true;
    for (size_t side = 0; side < 2; side++) {
        buf_puts(&b, side ? "],\"cols\":[" : "{\"rows\":[");
        for (size_t i = 0; i < map->n; i++) {
            buf_printf(&b, "%s{\"i\":%zu,\"token\":", i ? "," : "", number(map, i));
            json_quote(&b, map->names[i]);
            buf_char(&b, '}');
        }
    }
    buf_puts(&b, "],\"values\":[");
    for (size_t i = 0; ok && i < map->n; i++) {
        for (size_t k = 0; k < map->n; k++) {
            buf_puts(&b, k ? "," : i ? ",[" : "[");
            json_put_number(&b, (double)map->values[i * map->n + k]);
        }
        buf_char(&b, ']');
        ok = buf_ok(&b, err) && result_json_piece(result, buf_view(&b), err);
        b.n = 0;
    }
    buf_puts(&b, "]}");
    ok = ok && buf_ok(&b, err) && result_json(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static bool give_rows(const struct square_map *map, struct result *result, struct err *err)
{
    bool ok = result_columns(result, map->header, err);
    for (size_t i = 0; ok && i < map->n * map->n; i++) {
        struct cell_value cells[5];
        size_t n = 0;
        for (size_t side = 0; side < 2; side++) {
            size_t at = side ? i % map->n : i / map->n;
            if (map->numbers)
                cells[n++] = (struct cell_value){.kind = CELL_INT, .integer = (long long)map->numbers[at]};
            cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = map->names[at]};
        }
        cells[n++] = (struct cell_value){.kind = CELL_NUMBER, .number = (double)map->values[i], .digits = 4};
        ok = result_row(result, cells, n, err);
    }
    return ok;
}

static bool fill(const void *context, size_t row, size_t rows, void *out, struct err *err)
{
    const struct square_map *map = context;
    (void)err;
    memcpy(out, map->values + row * map->n, rows * map->n * sizeof(float));
    return true;
}

static bool give_tensor(const struct square_map *map, struct result *result, struct err *err)
{
    struct tensor_promise promise = {.rank = 2, .shape = {map->n, map->n}, .axes = {"i", "j"}, .fill = fill, .context = map};
    snprintf(promise.name, sizeof promise.name, "%s", map->name);
    return result_tensors(result, &promise, 1, NULL, 0, err);
}

static bool give_picture(struct session *session, const struct call *call, const struct square_map *map,
                         const struct figure_source *source, struct result *result, struct err *err)
{
    const struct str *labels = map->labels ? map->labels : map->names;
    struct panel panel = {.rows = map->n,
                          .cols = map->n,
                          .values = map->values,
                          .row_labels = labels,
                          .col_labels = labels,
                          .row_numbers = map->numbers,
                          .col_numbers = map->numbers,
                          .no_numbers = !map->numbers,
                          .tick = NAN};
    struct picture picture = {.panels = &panel,
                              .n_panels = 1,
                              .value_name = map->value_name,
                              .row_axis = map->row_axis,
                              .col_axis = map->col_axis,
                              .notes = map->notes,
                              .n_notes = map->n_notes,
                              .scale = map->scale};
    return give_figure(session, call, &picture, source, result, err);
}

struct scale square_map_cosines(const float *values, size_t n)
{
    float least = 0;
    for (size_t i = 0; i < n * n; i++)
        least = fminf(least, values[i]);
    /* Opposite things are no smaller likeness: white is 0. */
    return (struct scale){.kind = SCALE_LINEAR, .lo = least < 0 ? -1 : 0, .hi = 1, .clip_hi = 100, .diverging = least < 0};
}

bool square_map_give(struct session *session, const struct call *call, const struct square_map *map,
                     const struct figure_source *source, struct result *result, struct err *err)
{
    if (result_wants_json(result))
        return give_json(map, result, err);
    if (result_wants_picture(result))
        return give_picture(session, call, map, source, result, err);
    return map->name && result_wants_tensors(result) && !result_wants_rows(result) ? give_tensor(map, result, err)
                                                                                   : give_rows(map, result, err);
}
