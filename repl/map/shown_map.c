/* Maps as they are shown: the part of a site, its rows and columns chosen and joined, several heads folded. See
 * shown_map.h.
 *
 * Order of work on each head: the part and which cells are masked; special=renorm; word pieces joined (words=on); rows and
 * columns left out (q=, k=, from=, to=, special=). Then agg= folds the heads, and the marks come from probabilities. */
#include "repl/map/shown_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/extent.h"
#include "core/measure/column.h"
#include "repl/map/axis.h"

/* One map in the making. */
struct making {
    const struct map_request *request;
    const struct run *run;
    const struct attention *first; /* of the first site: all others have its axes */
    struct axis rows, cols;
    size_t Tq, Tk;
    float *full;           /* [Tq,Tk] of the site at work */
    unsigned char *masked; /* [Tq,Tk] of it: 1 where its queries do not see the key */
    bool any_masked;
    struct arena *scratch; /* of full and masked: memory that the next map takes again */
};

/* ---- one head ---- */

static const struct attention *attention_of(const struct making *making, struct site site, struct err *err)
{
    const struct attention *a = run_attention(making->run, site, err), *first = making->first;
    if (!a || (a->queries == first->queries && a->keys == first->keys && a->Tq == first->Tq && a->Tk == first->Tk))
        return a;
    err_set(err, ERR_ARG, "agg= folds maps over the same tokens: name heads of one stack");
    map_request_blame(making->request, "agg", err);
    return NULL;
}

/* The part of one site into making->full, its masked cells into making->masked. */
static bool make_part(struct making *making, struct site site, struct part *part, struct err *err)
{
    const struct attention *a = attention_of(making, site, err);
    if (!a || !map_request_part(making->request, a, part, err) || !run_map(making->run, site, *part, 0, a->Tq, making->full, err))
        return false;
    making->any_masked = a->mask.lo || a->mask.hi || a->mask.bitmap;
    bool spreads = part_effect(*part) && part_effect(*part)->spreads; /* a hidden cell that holds something is one to see */
    for (size_t i = 0; making->any_masked && i < a->Tq; i++)
        for (size_t j = 0; j < a->Tk; j++)
            making->masked[i * a->Tk + j] = attention_masked(a, i, j) && !(spreads && making->full[i * a->Tk + j] != 0);
    return true;
}

static bool is_masked(const struct making *making, size_t i, size_t j)
{
    return making->any_masked && making->masked[i * making->Tk + j];
}

/* special=renorm: each row divided by its mass on the columns that stay; a row with none is masked. */
static void renormalise(struct making *making)
{
    size_t Tq = making->Tq, Tk = making->Tk;
    float *full = making->full;
    for (size_t i = 0; i < Tq; i++) {
        double stays = 0;
        for (size_t j = 0; j < Tk; j++)
            if (!making->cols.left_out[j] && !is_masked(making, i, j))
                stays += full[i * Tk + j];
        if (stays == 0 && !making->any_masked) {
            memset(making->masked, 0, Tq * Tk);
            making->any_masked = true;
        }
        for (size_t j = 0; j < Tk; j++)
            if (stays == 0)
                making->masked[i * Tk + j] = 1;
            else
                full[i * Tk + j] = (float)(full[i * Tk + j] / stays);
    }
}

/* The mean over the shown rows of the mass on columns that special=off hides. */
static double hidden_mass(const struct making *making)
{
    double sum = 0;
    size_t n = 0, Tk = making->Tk;
    for (size_t r = 0; r < making->rows.n; r++)
        for (size_t p = 0; p < making->rows.at[r].n; p++, n++)
            for (size_t j = 0; j < Tk; j++) {
                size_t i = making->rows.at[r].first + p;
                if (making->cols.left_out[j] && !is_masked(making, i, j))
                    sum += making->full[i * Tk + j];
            }
    return n ? sum / (double)n : NAN;
}

/* Is every token a row and a column of its own, in order, and seen? */
static bool is_whole(const struct making *making, size_t width)
{
    return !making->any_masked && width == making->Tk && axis_is_whole(&making->rows, making->Tq) &&
           axis_is_whole(&making->cols, making->Tk);
}

/* Cells of the shown map: mean over a row's pieces of the sum over a column's (single tokens: the value). NaN in out
 * and 1 in masked_out where none of them is seen. */
static void join(const struct making *making, size_t width, float *out, unsigned char *masked_out)
{
    size_t Tk = making->Tk;
    if (is_whole(making, width)) { /* the rule; many maps are made at once */
        memcpy(out, making->full, making->Tq * Tk * sizeof *out);
        memset(masked_out, 0, making->Tq * Tk);
        return;
    }
    for (size_t r = 0; r < making->rows.n; r++)
        for (size_t c = 0; c < making->cols.n; c++) {
            struct piece row = making->rows.at[r], col = making->cols.at[c];
            double sum = 0;
            size_t seen = 0;
            for (size_t i = row.first; i < row.first + row.n; i++)
                for (size_t j = col.first; j < col.first + col.n; j++)
                    if (!is_masked(making, i, j)) {
                        sum += making->full[i * Tk + j];
                        seen++;
                    }
            masked_out[r * width + c] = seen == 0;
            out[r * width + c] = seen ? (float)(row.n == 1 && col.n == 1 ? sum : sum / (double)row.n) : NAN;
        }
}

/* The column of a learned sink, the last: what the softmax gives to no key. The mean over a row's pieces. */
static void join_sink(const struct making *making, size_t width, float *out)
{
    for (size_t r = 0; r < making->rows.n; r++) {
        struct piece row = making->rows.at[r];
        double sum = 0;
        for (size_t i = row.first; i < row.first + row.n; i++)
            for (size_t j = 0; j < making->Tk; j++)
                sum += is_masked(making, i, j) ? 0 : making->full[i * making->Tk + j];
        out[r * width + width - 1] = (float)(1 - sum / (double)row.n);
    }
}

/* ---- several heads ---- */

struct folding {
    enum fold fold;
    double *sum, *square; /* mean and std: running mean and sum of squared deviations (Welford 1962) */
    size_t *n;            /* maps in which the cell is seen */
};

static bool folding_new(struct folding *folding, enum fold fold, size_t cells, struct arena *arena, struct err *err)
{
    *folding = (struct folding){.fold = fold};
    if (fold == FOLD_NONE)
        return true;
    folding->n = arena_zalloc(arena, cells, sizeof *folding->n, "the folded map", err);
    folding->sum = arena_zalloc(arena, cells, sizeof(double), "the folded map", err);
    folding->square = arena_zalloc(arena, cells, sizeof(double), "the folded map", err);
    return folding->n && folding->sum && folding->square;
}

/* The maps that see a cell fold to its value; a value that is not a number stays one. */
static void fold_in(struct folding *folding, const float *values, const unsigned char *masked, size_t cells)
{
    for (size_t i = 0; folding->n && i < cells; i++) {
        double value = values[i], old = folding->sum[i];
        if (masked[i])
            continue;
        folding->n[i]++;
        if (folding->n[i] == 1) {
            folding->sum[i] = value;
        } else if (folding->fold == FOLD_MAX || folding->fold == FOLD_MIN) {
            if (isnan(value) || (folding->fold == FOLD_MAX ? value > old : value < old))
                folding->sum[i] = value;
        } else {
            folding->sum[i] += (value - old) / (double)folding->n[i];
            folding->square[i] += (value - old) * (value - folding->sum[i]);
        }
    }
}

static void fold_out(const struct folding *folding, float *out, unsigned char *masked, size_t cells)
{
    for (size_t i = 0; folding->n && i < cells; i++) {
        masked[i] = folding->n[i] == 0;
        out[i] = folding->n[i] == 0          ? NAN
                 : folding->fold == FOLD_STD ? (float)sqrt(folding->square[i] / (double)folding->n[i])
                                             : (float)folding->sum[i];
    }
}

/* The marks are of probabilities, whatever is shown: their mean over the sites. */
static bool add_probs(struct making *making, struct site site, struct part shown, size_t n_sites, float *probs, struct err *err)
{
    bool made = shown.kind == PART_PROBS && making->request->special != SPECIAL_RENORM;
    if (!made && !run_map(making->run, site, (struct part){PART_PROBS, 0}, 0, making->Tq, making->full, err))
        return false;
    for (size_t i = 0; i < making->Tq * making->Tk; i++)
        probs[i] += making->full[i] / (float)n_sites; /* 0 where masked */
    return true;
}

/* All sites into map->values; the marks' mean probabilities into `probs` (NULL: none wanted). */
static bool make_values(struct making *making, const struct sites *sites, struct shown_map *map, float *probs, struct err *err)
{
    enum special special = making->request->special;
    size_t cells = map->rows * map->cols, n_sites = making->request->fold == FOLD_NONE ? 1 : sites->n;
    struct folding folding;
    bool any_masked = false;
    if (!folding_new(&folding, making->request->fold, cells, map->arena, err))
        return false;
    double hidden = 0;
    for (size_t s = 0; s < n_sites; s++) {
        struct part part;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!make_part(making, sites->site[s], &part, err))
            return false;
        if (special == SPECIAL_OFF)
            hidden += hidden_mass(making);
        if (special == SPECIAL_RENORM)
            renormalise(making);
        join(making, map->cols, map->values, map->masked);
        if (map->sink)
            join_sink(making, map->cols, map->values);
        any_masked = any_masked || making->any_masked;
        fold_in(&folding, map->values, map->masked, cells);
        if (probs && !add_probs(making, sites->site[s], part, n_sites, probs, err))
            return false;
    }
    fold_out(&folding, map->values, map->masked, cells);
    if (!any_masked)
        map->masked = NULL;
    shown_map_count(map);
    if (special == SPECIAL_OFF && part_is_probability(map->part))
        map->hidden_mass = hidden / (double)n_sites;
    return true;
}

/* Which shown columns hold a column of the probabilities. */
static bool make_marks(const struct making *making, const float *probs, struct shown_map *map, struct err *err)
{
    unsigned char *marks = arena_zalloc(map->arena, making->Tk, 1, "the marks", err);
    map->marked = arena_zalloc(map->arena, map->cols, 1, "the marks", err);
    if (!marks || !map->marked)
        return false;
    column_marks(probs, making->Tq, making->Tk, making->first, NULL, marks);
    for (size_t c = 0; c < making->cols.n; c++)
        for (size_t j = 0; j < making->cols.at[c].n; j++)
            map->marked[c] |= marks[making->cols.at[c].first + j];
    return true;
}

/* ---- the map ---- */

/* One more column where rows of probabilities leave something to a learned sink, unless keys were chosen. */
static bool add_sink(const struct making *making, struct shown_map *map, struct err *err)
{
    const struct map_request *request = making->request;
    size_t n = map->cols;
    if (!making->first->sink || !part_is_probability(map->part) || map->part.kind == PART_EFFECT || request->special == SPECIAL_RENORM || request->cols.tokens.s ||
        request->cols.segment)
        return true;
    size_t *tokens = arena_alloc(map->arena, n + 1, sizeof *tokens, "the tokens", err);
    struct str *labels = arena_alloc(map->arena, n + 1, sizeof *labels, "the tokens", err);
    if (!tokens || !labels)
        return false;
    memcpy(tokens, map->col_tokens, n * sizeof *tokens);
    memcpy(labels, map->col_labels, n * sizeof *labels);
    tokens[n] = making->Tk;
    labels[n] = STR("sink");
    map->col_tokens = tokens;
    map->col_labels = labels;
    map->cols = n + 1;
    map->sink = true;
    return true;
}

static bool make_axes(struct making *making, struct shown_map *map, struct err *err)
{
    const struct attention *a = making->first;
    if (!axis_make(making->request, SIDE_QUERIES, spelled_of(making->run, a->queries, a->text), map->arena, &making->rows, err) ||
        !axis_make(making->request, SIDE_KEYS, spelled_of(making->run, a->keys, a->text), map->arena, &making->cols, err))
        return false;
    map->rows = making->rows.n;
    map->cols = making->cols.n;
    map->row_tokens = making->rows.tokens;
    map->col_tokens = making->cols.tokens;
    map->row_labels = making->rows.labels;
    map->col_labels = making->cols.labels;
    return add_sink(making, map, err);
}

static bool make_room(struct making *making, struct shown_map *map, float **probs, struct err *err)
{
    size_t cells, all;
    if (!size_mul(map->rows, map->cols, &cells) || !size_mul(making->Tq, making->Tk, &all))
        return err_set(err, ERR_LIMIT, "a map of %zu × %zu tokens is too large", making->Tq, making->Tk);
    map->values = arena_alloc(map->arena, cells, sizeof *map->values, "the map", err);
    map->masked = arena_zalloc(map->arena, cells, 1, "the map", err); /* a column that no key has is seen */
    making->scratch = arena_new(err);
    if (!map->values || !map->masked || !making->scratch)
        return false;
    making->full = arena_alloc(making->scratch, all, sizeof *making->full, "the map", err);
    making->masked = arena_alloc(making->scratch, all, 1, "the map", err);
    if (making->request->marks && !shown_map_of_layer(map) && /* marks are a head's */
        !(*probs = arena_zalloc(making->scratch, all, sizeof **probs, "the map", err)))
        return false;
    return making->full && making->masked;
}

static bool same_layer(const struct sites *sites)
{
    for (size_t i = 1; i < sites->n; i++)
        if (sites->site[i].layer != sites->site[0].layer || sites->site[i].stack != sites->site[0].stack)
            return false;
    return true;
}

bool shown_map_of_layer(const struct shown_map *map)
{
    return part_effect(map->part) && part_effect(map->part)->of_layer;
}

bool shown_map_make(const struct map_request *request, struct kept_run *run, const struct sites *sites, struct shown_map *out,
                    struct err *err)
{
    const struct attention *a = run_attention(run->run, sites->site[0], err);
    float *probs = NULL;
    *out = (struct shown_map){.run = run, .site = sites->site[0], .attention = a, .words = request->words, .hidden_mass = NAN};
    if (!a)
        return false;
    struct making making = {.request = request, .run = run->run, .first = a, .Tq = a->Tq, .Tk = a->Tk};
    if (request->fold != FOLD_NONE) {
        out->agg_heads = sites->n;
        out->agg_layers = !same_layer(sites);
    }
    out->arena = arena_new(err);
    bool ok = out->arena && map_request_part(request, a, &out->part, err) && make_axes(&making, out, err) &&
              make_room(&making, out, &probs, err) && make_values(&making, sites, out, probs, err) &&
              (!probs || make_marks(&making, probs, out, err));
    arena_free(making.scratch);
    if (!ok)
        shown_map_free(out);
    return ok;
}

void shown_map_count(struct shown_map *map)
{
    size_t cells = map->rows * map->cols;
    struct extent finite = EXTENT_NONE;
    extent_add(&finite, map->values, cells);
    map->not_finite = 0;
    for (size_t i = 0; finite.n < cells && i < cells; i++)
        map->not_finite += !(map->masked && map->masked[i]) && !isfinite(map->values[i]);
}

void shown_map_free(struct shown_map *map)
{
    arena_free(map->arena);
    *map = (struct shown_map){0};
}

const struct encoding *shown_map_queries(const struct shown_map *map)
{
    return &map->attention->queries->texts[map->site.text];
}

const struct encoding *shown_map_keys(const struct shown_map *map)
{
    return &map->attention->keys->texts[map->site.text];
}

struct str shown_map_query(const struct shown_map *map, size_t row)
{
    return map->words ? map->row_labels[row] : shown_map_queries(map)->tokens[map->row_tokens[row]].string;
}

struct str shown_map_key(const struct shown_map *map, size_t col)
{
    return map->words || (map->sink && col + 1 == map->cols) ? map->col_labels[col]
                                                             : shown_map_keys(map)->tokens[map->col_tokens[col]].string;
}

void shown_map_part(const struct shown_map *map, struct buf *out)
{
    part_name(map->attention->terms, map->part, out);
}

void shown_map_values(const struct shown_map *map, struct buf *out)
{
    if (map->part.kind == PART_PROBS) {
        buf_puts(out, "attention probability");
        return;
    }
    if (part_effect(map->part)) {
        buf_puts(out, part_effect(map->part)->summary);
        return;
    }
    shown_map_part(map, out);
    buf_puts(out, map->part.kind == PART_SCORES   ? " (before the softmax)"
                  : map->part.kind == PART_LOGITS ? " (part of the scores)"
                                                  : "");
}

double shown_map_uniform(const struct shown_map *map)
{
    return part_is_probability(map->part) && map->part.kind != PART_EFFECT && !map->words ? 1 / (double)map->attention->Tk : NAN;
}

struct panel shown_map_panel(const struct shown_map *map)
{
    return (struct panel){.rows = map->rows,
                          .cols = map->cols,
                          .values = map->values,
                          .masked = map->masked,
                          .row_labels = map->row_labels,
                          .col_labels = map->col_labels,
                          .row_numbers = map->row_tokens,
                          .col_numbers = map->col_tokens,
                          .marked_cols = map->marked,
                          .joined_cols = map->joined,
                          .tick = shown_map_uniform(map)};
}
