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

static bool pairs_by_index(size_t n, struct arena *arena, struct pairs *out, struct err *err)
{
    out->n = n;
    out->first = arena_alloc(arena, n + 1, sizeof *out->first, "the alignment", err);
    out->second = arena_alloc(arena, n + 1, sizeof *out->second, "the alignment", err);
    for (size_t i = 0; out->first && out->second && i < n; i++)
        out->first[i] = out->second[i] = i;
    return out->first && out->second;
}

bool shown_map_pairs(const struct shown_map *first, const struct shown_map *second, enum map_axis axis, bool by_token,
                     struct arena *arena, struct pairs *out, struct err *err)
{
    struct line a = axis == AXIS_ROWS ? rows_of(first) : cols_of(first),
                b = axis == AXIS_ROWS ? rows_of(second) : cols_of(second);
    if (by_token)
        return align(a, b, arena, out, err);
    return a.n == b.n
               ? pairs_by_index(a.n, arena, out, err)
               : err_set(err, ERR_ARG, "@%zu shows %zu tokens, @%zu %zu: no cell-by-cell difference; by token: align=token",
                         first->run->number, a.n, second->run->number, b.n);
}

/* ---- tokens without a counterpart ---- */

/* The mark of a space in front, as vocabularies have it (Ġ of byte-level BPE, ▁ of SentencePiece). */
static bool has_space(const struct line *line, size_t i)
{
    struct str s = line->text->tokens[line->tokens[i]].string;
    return !line->words && (str_starts(s, STR("\u0120")) || str_starts(s, STR("\u2581")));
}

/* Is there, among the other line's changed tokens, one that reads alike? */
static bool reads_alike(struct str label, const struct line *other, const unsigned char *paired)
{
    for (size_t j = 0; j < other->n; j++)
        if (!paired[j] && str_eq(other->labels[j], label))
            return true;
    return false;
}

/* paired[i] 1: entry i of the line has a counterpart that is the same token. */
static void note_paired(const struct line *a, const struct line *b, const struct pairs *pairs, unsigned char *paired_a,
                        unsigned char *paired_b)
{
    for (size_t k = 0; k < pairs->n; k++)
        if (same_token(a, pairs->first[k], b, pairs->second[k]))
            paired_a[pairs->first[k]] = paired_b[pairs->second[k]] = 1;
}

static bool mark_line(const struct line *own, const struct line *other, const struct pairs *pairs, struct arena *arena,
                      struct str *labels, size_t *changed, struct err *err)
{
    unsigned char *paired = arena_zalloc(arena, own->n + 1, 1, "the alignment", err);
    unsigned char *theirs = arena_zalloc(arena, other->n + 1, 1, "the alignment", err);
    if (!paired || !theirs)
        return false;
    note_paired(own, other, pairs, paired, theirs);
    for (size_t i = 0; i < own->n; i++) {
        struct buf text = {0};
        if (paired[i])
            continue;
        ++*changed;
        buf_puts(&text, CHANGED_MARK);
        if (has_space(own, i) && reads_alike(own->labels[i], other, theirs))
            buf_puts(&text, "\u2423");
        buf_str(&text, own->labels[i]);
        bool ok = buf_ok(&text, err) && arena_str(arena, buf_view(&text), &labels[i], err);
        buf_free(&text);
        if (!ok)
            return false;
    }
    return true;
}

/* A token of another model's vocabulary reads otherwise for that reason alone. */
bool shown_map_mark_changed(struct shown_map *map, const struct shown_map *other, bool by_token, size_t *changed_out,
                            struct err *err)
{
    struct pairs rows, cols;
    *changed_out = 0;
    if (map->run->run->model != other->run->run->model)
        return true;
    by_token = by_token || map->rows != other->rows || map->cols != other->cols;
    if (!shown_map_pairs(map, other, AXIS_ROWS, by_token, map->arena, &rows, err) ||
        !shown_map_pairs(map, other, AXIS_COLS, by_token, map->arena, &cols, err))
        return false;
    struct line own[2] = {rows_of(map), cols_of(map)}, theirs[2] = {rows_of(other), cols_of(other)};
    return mark_line(&own[0], &theirs[0], &rows, map->arena, map->row_labels, changed_out, err) &&
           mark_line(&own[1], &theirs[1], &cols, map->arena, map->col_labels, changed_out, err);
}

const unsigned char *shown_map_changed(struct shown_map *map, const struct shown_map *other, enum map_axis axis)
{
    struct line own = axis == AXIS_ROWS ? rows_of(map) : cols_of(map),
                theirs = axis == AXIS_ROWS ? rows_of(other) : cols_of(other);
    struct pairs pairs;
    struct err err = {0};
    bool by_token = map->rows != other->rows || map->cols != other->cols;
    if (map->run->run->model != other->run->run->model || !shown_map_pairs(map, other, axis, by_token, map->arena, &pairs, &err))
        return NULL;
    unsigned char *changed = arena_zalloc(map->arena, own.n + 1, 1, "the alignment", &err); /* + 1: the sink */
    unsigned char *paired = arena_zalloc(map->arena, own.n + 1, 1, "the alignment", &err);
    unsigned char *unused = arena_zalloc(map->arena, theirs.n + 1, 1, "the alignment", &err);
    if (!changed || !paired || !unused)
        return NULL;
    note_paired(&own, &theirs, &pairs, paired, unused);
    for (size_t i = 0; i < own.n; i++)
        changed[i] = !paired[i];
    return changed;
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
