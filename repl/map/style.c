/* What style= makes of maps. See style.h. */
#include "repl/map/style.h"

#include <math.h>

#include "core/base/text.h"
#include "viz/chart/chart.h"

const struct chart_kind *style_chart(const struct call *call)
{
    for (size_t i = 0; chart_kinds[i]; i++)
        if (str_is(call_option(call, "style"), chart_kinds[i]->name))
            return chart_kinds[i];
    return NULL;
}

static bool is_text(const struct call *call)
{
    return str_is(call_option(call, "style"), "text");
}

/* One column as a row: its key is what the row is of. */
static void turn(struct shown_map *map)
{
    struct str *labels = map->row_labels;
    size_t *tokens = map->row_tokens;
    map->row_labels = map->col_labels;
    map->row_tokens = map->col_tokens;
    map->col_labels = labels;
    map->col_tokens = tokens;
    map->cols = map->rows;
    map->rows = 1;
    map->marked = NULL;
}

/* Each key's mean over the queries that see it; masked where none does. */
static void fold_queries(struct shown_map *map)
{
    for (size_t j = 0; j < map->cols; j++) {
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < map->rows; i++)
            if (!map->masked || !map->masked[i * map->cols + j]) {
                sum += (double)map->values[i * map->cols + j];
                n++;
            }
        map->values[j] = n ? (float)(sum / (double)n) : NAN;
        if (map->masked)
            map->masked[j] = n == 0;
    }
    map->rows = 1;
    map->row_labels = NULL;
    map->row_tokens = NULL;
}

bool style_map(const struct call *call, struct shown_map *map, struct buf *title, struct err *err)
{
    bool to = map->rows > 1 && map->cols == 1;
    if (!is_text(call))
        return true;
    if (map->rows == 0 || map->cols == 0)
        return err_set(err, ERR_ARG, "style=text has no token to shade");
    if (to)
        turn(map);
    else if (map->rows > 1)
        fold_queries(map);
    if (map->row_labels) {
        buf_puts(title, to ? ", to " : ", from ");
        text_escape(title, map->row_labels[0]);
    }
    shown_map_count(map);
    return true;
}

void style_values(const struct call *call, const struct shown_map *map, struct buf *out)
{
    if (is_text(call) && !map->row_labels)
        buf_puts(out, ", mean over queries");
}
