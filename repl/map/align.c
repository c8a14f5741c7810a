/* Two maps of texts that differ in their tokens, cell by cell where the tokens correspond: the longest common subsequence
 * (Wagner and Fischer 1974) of rows and of columns; the rest is left out. See align.h. */
#include "repl/map/align.h"

#include <stdlib.h>

#include "repl/map/shown_map.h"

/* The rows or the columns of a map. */
struct line {
    const struct encoding *text;
    const size_t *tokens;     /* [n] */
    const struct str *labels; /* [n] */
    size_t n;
    bool words;
};

static struct line rows_of(const struct shown_map *map)
{
    return (struct line){shown_map_queries(map), map->row_tokens, map->row_labels, map->rows, map->words};
}

static struct line cols_of(const struct shown_map *map)
{
    return (struct line){shown_map_keys(map), map->col_tokens, map->col_labels, map->cols - map->sink, map->words};
}

/* The same vocabulary string, or special tokens both (<s> of one model, [CLS] of another); words by what is read. */
static bool same_token(const struct line *a, size_t i, const struct line *b, size_t j)
{
    const struct token *x = &a->text->tokens[a->tokens[i]], *y = &b->text->tokens[b->tokens[j]];
    if (x->special_id || y->special_id)
        return x->special_id && y->special_id;
    return a->words ? str_eq(a->labels[i], b->labels[j]) : str_eq(x->string, y->string);
}

struct pairs {
    size_t *first, *second, n;
};

/* Which entries of two lines correspond, in order; into the arena. */
static bool align(struct line a, struct line b, struct arena *arena, struct pairs *out, struct err *err)
{
    size_t n = a.n, m = b.n, width = m + 1, cells;
    if (!size_mul(n + 1, width, &cells))
        return err_set(err, ERR_LIMIT, "the texts are too long to be aligned");
    uint32_t *best = mem_new(cells, sizeof *best, "the alignment", err); /* of what follows (i, j) */
    out->n = 0;
    out->first = arena_alloc(arena, n + 1, sizeof *out->first, "the alignment", err);
    out->second = arena_alloc(arena, n + 1, sizeof *out->second, "the alignment", err);
    bool ok = best && out->first && out->second;
    for (size_t i = n; ok && i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint32_t down = best[(i + 1) * width + j], right = best[i * width + j + 1];
            bool same = same_token(&a, i, &b, j);
            best[i * width + j] = same ? best[(i + 1) * width + j + 1] + 1 : down > right ? down : right;
        }
    for (size_t i = 0, j = 0; ok && i < n && j < m;) {
        if (same_token(&a, i, &b, j)) {
            out->first[out->n] = i++;
            out->second[out->n++] = j++;
        } else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    free(best);
    return ok;
}

bool shown_map_subtract_aligned(const struct shown_map *first, struct shown_map *second, struct err *err)
{
    struct pairs rows, cols;
    if (!align(rows_of(first), rows_of(second), second->arena, &rows, err) ||
        !align(cols_of(first), cols_of(second), second->arena, &cols, err))
        return false;
    if (!rows.n || !cols.n)
        return err_set(err, ERR_ARG, "the two texts share no token: nothing corresponds");
    if (first->masked && !second->masked) {
        second->masked = arena_zalloc(second->arena, second->rows * second->cols, 1, "the difference", err);
        if (!second->masked)
            return false;
    }
    for (size_t r = 0; r < rows.n; r++) /* in place: a cell moves towards the front only */
        for (size_t c = 0; c < cols.n; c++) {
            size_t from = rows.second[r] * second->cols + cols.second[c], with = rows.first[r] * first->cols + cols.first[c];
            second->values[r * cols.n + c] = second->values[from] - first->values[with];
            if (second->masked)
                second->masked[r * cols.n + c] = second->masked[from] || (first->masked && first->masked[with]);
        }
    for (size_t r = 0; r < rows.n; r++) {
        second->row_tokens[r] = second->row_tokens[rows.second[r]];
        second->row_labels[r] = second->row_labels[rows.second[r]];
    }
    for (size_t c = 0; c < cols.n; c++) {
        second->col_tokens[c] = second->col_tokens[cols.second[c]];
        second->col_labels[c] = second->col_labels[cols.second[c]];
    }
    second->rows = rows.n;
    second->cols = cols.n;
    second->sink = false;
    second->marked = NULL;
    shown_map_count(second);
    return true;
}
