/* What style= makes of maps. See style.h. */
#include "repl/map/style.h"

#include <math.h>
#include <string.h>

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

/* Does the column's token follow the one before it, and without a blank between them? */
static bool is_joined(const struct shown_map *map, const struct encoding *e, size_t c)
{
    size_t at = map->col_tokens[c], before = map->col_tokens[c - 1];
    if (at == 0 || at >= e->n || before >= at || e->tokens[at].text < 0 || e->tokens[at].text != e->tokens[at - 1].text)
        return false;
    for (size_t i = before + 1; i < at; i++) /* a word's other pieces */
        if (!map->words || e->tokens[i].word != e->tokens[before].word)
            return false;
    struct str text = e->texts[e->tokens[at].text];
    size_t begin = e->tokens[at].begin;
    return begin == e->tokens[at - 1].end && begin < text.n && !strchr(" \n\t\r", text.s[begin]);
}

/* `queries`: the columns are queries, turned. */
static bool find_joined(struct shown_map *map, bool queries, struct err *err)
{
    const struct encoding *e = queries ? shown_map_queries(map) : shown_map_keys(map);
    map->joined = arena_zalloc(map->arena, map->cols, 1, "the labels", err);
    for (size_t c = 1; map->joined && c < map->cols; c++)
        map->joined[c] = is_joined(map, e, c);
    return map->joined != NULL;
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
    return find_joined(map, to, err);
}

void style_values(const struct call *call, const struct shown_map *map, struct buf *out)
{
    if (is_text(call) && !map->row_labels)
        buf_puts(out, ", mean over queries");
}
