/* Pieces of a text. See pieces.h. */
#include "core/tokenizer/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/utf8.h"

void pieces_free(struct pieces *pieces)
{
    free(pieces->text);
    free(pieces->from);
    free(pieces->list);
    free(pieces->next_text);
    free(pieces->next_from);
    free(pieces->next);
    free(pieces->matches.at);
    normalized_free(&pieces->one);
    memset(pieces, 0, sizeof *pieces);
}

static bool next_room(struct pieces *pieces, size_t n, struct err *err)
{
    if (n >= INT32_MAX)
        return err_set(err, ERR_LIMIT, "the text is too long: more than %d bytes", INT32_MAX);
    return mem_grow((void **)&pieces->next_text, &pieces->next_capacity, n + 1, 1, "text", err) &&
           mem_grow((void **)&pieces->next_from, &pieces->next_from_capacity, n + 1, sizeof *pieces->next_from, "origins of text",
                    err);
}

static void take_next_buffer(struct pieces *pieces)
{
    char *text = pieces->text;
    struct origin *from = pieces->from;
    size_t capacity = pieces->capacity, from_capacity = pieces->from_capacity;
    pieces->text = pieces->next_text;
    pieces->from = pieces->next_from;
    pieces->n = pieces->next_n;
    pieces->capacity = pieces->next_capacity;
    pieces->from_capacity = pieces->next_from_capacity;
    pieces->next_text = text;
    pieces->next_from = from;
    pieces->next_n = 0;
    pieces->next_capacity = capacity;
    pieces->next_from_capacity = from_capacity;
}

bool pieces_start(struct pieces *pieces, struct str raw, struct err *err)
{
    if (!next_room(pieces, raw.n, err))
        return false;
    if (raw.n)
        memcpy(pieces->next_text, raw.s, raw.n);
    for (size_t at = 0, n; at < raw.n; at += n) {
        int32_t cp;
        n = utf8_decode(raw.s + at, raw.n - at, &cp);
        for (size_t k = 0; k < n; k++)
            pieces->next_from[at + k] = (struct origin){(uint32_t)at, (uint32_t)(at + n)};
    }
    pieces->next_n = raw.n;
    take_next_buffer(pieces);
    pieces_begin(pieces);
    if (!pieces_keep(pieces, (struct piece){0, (uint32_t)raw.n, 0, (uint32_t)raw.n, -1}, err))
        return false;
    pieces_end(pieces);
    return true;
}

void pieces_begin(struct pieces *pieces)
{
    pieces->next_count = 0;
}

bool pieces_keep(struct pieces *pieces, struct piece piece, struct err *err)
{
    if (!piece.n)
        return true;
    if (pieces->next_count == pieces->next_list_capacity &&
        !mem_grow((void **)&pieces->next, &pieces->next_list_capacity, pieces->next_count + 1, sizeof *pieces->next,
                  "pieces of text", err))
        return false;
    if (!cancel_check(pieces->next_count, err))
        return false;
    pieces->next[pieces->next_count++] = piece;
    return true;
}

bool pieces_slice(struct pieces *pieces, size_t at, size_t n, int32_t added, struct err *err)
{
    if (!n)
        return true;
    struct piece piece = {(uint32_t)at, (uint32_t)n, pieces->from[at].begin, pieces->from[at + n - 1].end, added};
    return pieces_keep(pieces, piece, err);
}

void pieces_end(struct pieces *pieces)
{
    struct piece *list = pieces->list;
    size_t capacity = pieces->list_capacity;
    pieces->list = pieces->next;
    pieces->count = pieces->next_count;
    pieces->list_capacity = pieces->next_list_capacity;
    pieces->next = list;
    pieces->next_count = 0;
    pieces->next_list_capacity = capacity;
}

bool pieces_split(struct pieces *pieces, find_fn *find, const void *context, behaviour *treat, struct err *err)
{
    struct matches *matches = &pieces->matches;
    pieces_begin(pieces);
    for (size_t i = 0; i < pieces->count; i++) {
        struct piece piece = pieces->list[i];
        if (piece.added >= 0) {
            if (!pieces_keep(pieces, piece, err))
                return false;
            continue;
        }
        if (!find(context, (struct str){pieces->text + piece.at, piece.n}, matches, err))
            return false;
        treat(matches);
        for (size_t k = 0; k < matches->n; k++) {
            struct match match = matches->at[k];
            if (!match.is && !pieces_slice(pieces, piece.at + match.begin, match.end - match.begin, -1, err))
                return false;
        }
    }
    pieces_end(pieces);
    return true;
}

static bool find_pattern(const void *context, struct str text, struct matches *out, struct err *err)
{
    return pattern_find(context, text, out, err);
}

bool pieces_split_at(struct pieces *pieces, const struct pattern *pattern, behaviour *treat, struct err *err)
{
    return pieces_split(pieces, find_pattern, pattern, treat, err);
}

/* Append text[n] to the buffer to come. */
static bool append(struct pieces *pieces, const char *text, const struct origin *from, size_t n, struct err *err)
{
    if (!next_room(pieces, pieces->next_n + n, err))
        return false;
    if (n) {
        memcpy(pieces->next_text + pieces->next_n, text, n);
        memcpy(pieces->next_from + pieces->next_n, from, n * sizeof *from);
    }
    pieces->next_n += n;
    return true;
}

bool pieces_change(struct pieces *pieces, change_fn *change, const void *context, struct err *err)
{
    struct normalized *one = &pieces->one;
    pieces_begin(pieces);
    pieces->next_n = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        struct piece piece = pieces->list[i];
        const char *text = pieces->text + piece.at;
        const struct origin *from = pieces->from + piece.at;
        size_t n = piece.n;
        if (piece.added < 0) {
            if (!normalized_load(one, text, from, n, piece.begin, piece.end, err) || !change(context, one, err))
                return false;
            text = one->text;
            from = one->from;
            n = one->n;
        }
        piece.at = (uint32_t)pieces->next_n;
        piece.n = (uint32_t)n;
        if (!append(pieces, text, from, n, err) || !pieces_keep(pieces, piece, err))
            return false;
    }
    pieces_end(pieces);
    take_next_buffer(pieces);
    return true;
}
