/* row: where one query looks, key by key, largest first. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "repl/grammar/call.h"
#include "repl/map/map_list.h"
#include "repl/result/result.h"
#include "repl/words/asked_words.h"

enum { BAR = 32 }; /* cells of the longest bar */

struct entry {
    size_t col;
    float value;
    bool masked;
};

static int by_value(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int left = x->masked ? 2 : isnan(x->value), right = y->masked ? 2 : isnan(y->value);
    if (left || right)
        return left != right ? left - right : x->col < y->col ? -1 : x->col > y->col;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return x->col < y->col ? -1 : x->col > y->col;
}

/* Which columns the table has. */
struct shape {
    struct site_row site;
    bool part, bars;
    size_t top; /* 0: all */
};

/* Masked: nothing; for a person a number that is not finite is called by its name. */
static struct cell_value value_cell(const struct entry *entry, bool person)
{
    struct cell_value cell = {.kind = entry->masked ? CELL_NONE : CELL_NUMBER, .number = (double)entry->value, .digits = 4};
    if (person && !entry->masked && isnan(entry->value))
        cell = (struct cell_value){.kind = CELL_TEXT, .text = STR("nan")};
    return entry->masked ? (struct cell_value){.kind = CELL_NONE} : cell;
}

static bool give_query(struct result *result, const struct shown_map *map, size_t row, struct shape shape, struct err *err)
{
    struct entry *entries = mem_new(map->cols, sizeof *entries, "a row", err);
    if (!entries)
        return false;
    for (size_t c = 0; c < map->cols; c++)
        entries[c] = (struct entry){c, map->values[row * map->cols + c], map->masked && map->masked[row * map->cols + c]};
    qsort(entries, map->cols, sizeof *entries, by_value);
    struct buf part = {0};
    shown_map_part(map, &part);
    double largest = 0;
    for (size_t i = 0; i < map->cols; i++)
        largest = fmax(largest, isfinite(entries[i].value) ? fabs((double)entries[i].value) : 0);
    bool ok = true;
    for (size_t i = 0; ok && i < map->cols && (!shape.top || i < shape.top); i++) {
        size_t c = entries[i].col;
        struct buf bar = {0};
        if (largest > 0 && isfinite(entries[i].value))
            put_bar(&bar, (double)entries[i].value / largest, BAR);
        struct cell_value cells[SITE_CELLS + 6];
        size_t n = 0;
        if (shape.part)
            cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&part)};
        n += site_cells(map->site, shape.site, cells + n);
        cells[n++] = int_cell(map->row_tokens[row]);
        cells[n++] = int_cell(map->col_tokens[c]);
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = shown_map_key(map, c)};
        cells[n++] = value_cell(&entries[i], shape.bars);
        if (shape.bars)
            cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&bar)};
        ok = buf_ok(&bar, err) && result_row(result, cells, n, err);
        buf_free(&bar);
    }
    buf_free(&part);
    free(entries);
    return ok;
}

static bool give(struct session *session, const struct call *call, const struct map_list *list, struct result *result,
                 struct err *err)
{
    struct shape shape = {.part = list->n_parts > 0, .bars = result_wants_picture(result)}; /* bars: a person's table */
    shape.top = call_given(call, "top") ? (size_t)call_int(call, "top") : shape.bars ? 12 : 0;
    size_t longest = 0;
    char header[96];
    snprintf(header, sizeof header, "%s%s,query,index,token,value%s", shape.part ? "part," : "",
             site_header(map_list_row(list, NULL)), shape.bars ? ",bar" : "");
    if (!result_columns(result, header, err))
        return false;
    for (size_t i = 0, n = map_list_count(list); i < n; i++) {
        struct shown_map map;
        if (!map_list_at(list, i, &map, err))
            return false;
        shape.site = map_list_row(list, &map);
        bool ok = true;
        for (size_t r = 0; ok && r < map.rows; r++)
            ok = give_query(result, &map, r, shape, err);
        longest = map.cols > longest ? map.cols : longest;
        shown_map_free(&map);
        if (!ok)
            return false;
    }
    if (shape.bars && shape.top && longest > shape.top)
        result_note(result, "%zu of %zu keys; top=0 lists all", shape.top, longest);
    maps_note(session, list->runs[0], &list->sites[0], result);
    maps_remember(session, list);
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    if (!call_given(call, "q"))
        return err_set(err, ERR_ARG, "row wants a query: row L2.H1 q=4, or q=cat");
    struct map_list list;
    if (!map_list_make(session, call, &list, err))
        return false;
    bool ok = give(session, call, &list, result, err);
    map_list_free(&list);
    return ok;
}

static const struct option options[] = {
    OPTION_PART, OPTION_TOKENS, OPTION_AGG, {"top", VALUE_INT, NULL, NULL, "so many keys, 0: all", 0, 1000000}, {0}};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, false, "a run; the last where none is named"},
    {"SELECTOR", ARG_SELECTOR, true, true, "heads; the last one shown where none is named"},
    {0},
};
const struct command command_row = {
    .name = "row",
    .group = "maps",
    .keywords = "neuron view|where a token looks|top keys|one token|attended",
    .summary = "where a query looks: its keys, largest first",
    .help = "One line a key of the query's row, with a bar. part=, special=, words= and agg= as in show.",
    .examples = "row L2.H1 q=4\nrow L2.H1 q=tired top=5\nrow L2.H1 q=4 part=scores format=csv",
    .options = options,
    .args = args,
    .run = run,
};
