/* Distances between the maps of two runs. See change.h. */
#include "repl/map/change.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/measure/divergence.h"
#include "repl/map/align.h"

static const struct distance js = {
    "js", "Jensen\u2013Shannon divergence (nats)",
    "mean over queries i of \u00bdKL(A_i\u2016M_i) + \u00bdKL(B_i\u2016M_i), M_i = (A_i + B_i)/2; keys "
    "without a counterpart are one outcome",
    "Lin 1991; summed over queries in Clark 2019", true};
static const struct distance mean = {"mean", "mean |difference|", "mean over cells of |B_ij \u2212 A_ij|", "ours", false};
static const struct distance largest = {"largest", "largest |difference|", "largest over cells of |B_ij \u2212 A_ij|", "ours",
                                        false};
const struct distance *const distances[] = {&js, &mean, &largest, NULL};

/* Two maps of one head, and which of their cells correspond. */
struct couple {
    const struct shown_map *a, *b;
    struct pairs rows, cols;
};

static bool masked(const struct shown_map *map, size_t row, size_t col)
{
    return map->masked && map->masked[row * map->cols + col];
}

static double value(const struct shown_map *map, size_t row, size_t col)
{
    return masked(map, row, col) ? 0 : (double)map->values[row * map->cols + col];
}

/* What a row leaves of its sum for the keys that are not among `cols`. */
static double rest(const struct shown_map *map, size_t row, const size_t *cols, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < map->cols; j++)
        sum += value(map, row, j);
    for (size_t k = 0; k < n; k++)
        sum -= value(map, row, cols[k]);
    return sum > 0 ? sum : 0;
}

static double row_divergence(const struct couple *c, size_t r)
{
    size_t i = c->rows.first[r], k = c->rows.second[r];
    double sum = 0;
    for (size_t j = 0; j < c->cols.n; j++)
        sum += divergence_term(value(c->a, i, c->cols.first[j]), value(c->b, k, c->cols.second[j]));
    return sum + divergence_term(rest(c->a, i, c->cols.first, c->cols.n), rest(c->b, k, c->cols.second, c->cols.n));
}

static bool compare(const struct couple *c, struct changes *changes, struct change *out, struct err *err)
{
    double total = 0, sum = 0;
    size_t cells = 0, row = 0, col = 0;
    out->largest = 0;
    for (size_t r = 0; r < c->rows.n; r++) {
        total += changes->by == &js ? row_divergence(c, r) : 0;
        for (size_t k = 0; k < c->cols.n; k++) {
            size_t i = c->rows.first[r], j = c->cols.first[k], i2 = c->rows.second[r], j2 = c->cols.second[k];
            if (masked(c->a, i, j) || masked(c->b, i2, j2))
                continue;
            double by = value(c->b, i2, j2) - value(c->a, i, j);
            cells++;
            sum += fabs(by);
            if (fabs(by) > fabs(out->largest) || isnan(by)) {
                out->largest = by;
                row = i2;
                col = j2;
            }
        }
    }
    if (!cells)
        return err_set(err, ERR_ARG, "the two texts share no cell: nothing corresponds");
    out->distance = changes->by == &js     ? total / (double)c->rows.n
                    : changes->by == &mean ? sum / (double)cells
                                           : fabs(out->largest);
    if (c->a->not_finite || c->b->not_finite) {
        out->distance = out->largest = NAN;
        changes->not_finite++;
    }
    return arena_str(changes->arena, shown_map_query(c->b, row), &out->query, err) &&
           arena_str(changes->arena, shown_map_key(c->b, col), &out->key, err);
}

static bool choose(const struct call *call, const struct shown_map *map, struct changes *out, struct err *err)
{
    struct str name = call_option(call, "distance");
    bool probabilities = part_is_probability(map->part);
    out->by = probabilities ? &js : &mean;
    for (size_t i = 0; name.n && distances[i]; i++)
        if (str_is(name, distances[i]->name))
            out->by = distances[i];
    if (!out->by->probabilities || probabilities)
        return true;
    err_set(err, ERR_ARG, "distance=js is of probabilities; scores take mean or largest");
    return call_blame_option(call, "distance", err);
}

static bool make_one(const struct call *call, const struct map_list *list, size_t i, struct changes *out, struct err *err)
{
    struct shown_map a = {0}, b = {0};
    struct map_list both = *list;
    both.difference = false; /* the maps themselves */
    if (!map_list_at(&both, i, &a, err))
        return false;
    bool ok = map_list_at(&both, out->n + i, &b, err);
    struct couple c = {.a = &a, .b = &b};
    struct change *change = &out->change[i];
    if (ok && i == 0) {
        out->by_token = list->aligned || a.rows != b.rows || a.cols != b.cols;
        ok = choose(call, &a, out, err);
    }
    ok = ok && shown_map_pairs(&a, &b, AXIS_ROWS, out->by_token, b.arena, &c.rows, err) &&
         shown_map_pairs(&a, &b, AXIS_COLS, out->by_token, b.arena, &c.cols, err) && compare(&c, out, change, err);
    change->site = a.site;
    change->at = i;
    shown_map_free(&a);
    if (b.arena)
        shown_map_free(&b);
    return ok;
}

bool changes_make(const struct call *call, const struct map_list *list, struct changes *out, struct err *err)
{
    *out = (struct changes){.n = map_list_count(list), .arena = arena_new(err)};
    if (!list->difference)
        out->n /= 2;
    out->change = out->arena ? arena_zalloc(out->arena, out->n, sizeof *out->change, "the heads", err) : NULL;
    for (size_t i = 0; out->change && i < out->n; i++) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!make_one(call, list, i, out, err))
            return false;
    }
    return out->change != NULL;
}

void changes_free(struct changes *changes)
{
    arena_free(changes->arena);
    *changes = (struct changes){0};
}

static int by_distance(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    if (isnan(x->distance) != isnan(y->distance))
        return isnan(x->distance) ? 1 : -1;
    if (x->distance != y->distance && !isnan(x->distance))
        return x->distance > y->distance ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

void changes_rank(struct changes *changes)
{
    qsort(changes->change, changes->n, sizeof *changes->change, by_distance);
}

void changes_say(const struct changes *changes, struct buf *out)
{
    buf_printf(out, "%s: %s (%s); tokens correspond by %s", changes->by->name, changes->by->formula, changes->by->source,
               changes->by_token ? "token, the others are left out" : "index");
}

bool changes_rows(const struct changes *changes, size_t top, struct site_row row, struct result *result, struct err *err)
{
    bool person = strcmp(result_format(result), "table") == 0;
    char header[120];
    snprintf(header, sizeof header, "%s,%s,query_token,key_token,change", person ? "site" : site_header(row), changes->by->name);
    if (!result_columns(result, header, err))
        return false;
    for (size_t i = 0; i < top && i < changes->n; i++) {
        const struct change *c = &changes->change[i];
        struct cell_value cells[SITE_CELLS + 4];
        struct buf name = {0};
        size_t n = 0;
        site_name(c->site, &name);
        if (person)
            cells[n++] = text_cell(buf_view(&name));
        else
            n = site_cells(c->site, row, cells);
        cells[n++] = number_cell(c->distance, 4);
        cells[n++] = text_cell(c->query);
        cells[n++] = text_cell(c->key);
        cells[n++] = number_cell(c->largest, 3);
        bool ok = buf_ok(&name, err) && result_row(result, cells, n, err);
        buf_free(&name);
        if (!ok)
            return false;
    }
    return true;
}
