/* A text cut into pieces: what the pre-tokenizers work on and the model is given, one by one.
 *
 * All pieces lie in one buffer, each with its place there; a piece that is an added token is never touched again. */
#ifndef GAZE_CORE_TOKENIZER_PIECES_H
#define GAZE_CORE_TOKENIZER_PIECES_H

#include "core/tokenizer/normalized.h"
#include "core/tokenizer/pattern.h"

struct piece {
    uint32_t at, n;      /* bytes of the buffer */
    uint32_t begin, end; /* the part of the raw text that it stands for */
    int32_t added;       /* the id of an added token, or -1 */
};
struct pieces {
    char *text;          /* the buffer */
    struct origin *from; /* of every byte */
    size_t n, capacity, from_capacity;
    struct piece *list;
    size_t count, list_capacity;
    /* what the steps write before it takes the place of the above */
    char *next_text;
    struct origin *next_from;
    size_t next_n, next_capacity, next_from_capacity;
    struct piece *next;
    size_t next_count, next_list_capacity;
    struct normalized one; /* the piece at hand */
    struct matches matches;
};
void pieces_free(struct pieces *pieces); /* a zeroed struct is fine */

/* One piece: the raw text, which is UTF-8 and shorter than 2^31 bytes. */
NODISCARD bool pieces_start(struct pieces *pieces, struct str raw, struct err *err);

/* Cut every piece: find(context, text) gives matches that cover it, `treat` says what becomes of them. */
typedef bool find_fn(const void *context, struct str text, struct matches *out, struct err *err);
NODISCARD bool pieces_split(struct pieces *pieces, find_fn *find, const void *context, behaviour *treat, struct err *err);
/* The same by a pattern. */
NODISCARD bool pieces_split_at(struct pieces *pieces, const struct pattern *pattern, behaviour *treat, struct err *err);
/* Change the text of every piece. */
typedef bool change_fn(const void *context, struct normalized *text, struct err *err);
NODISCARD bool pieces_change(struct pieces *pieces, change_fn *change, const void *context, struct err *err);

/* For steps that cut by themselves: a new list is written while the old one is read, then takes its place.
 * Empty pieces are left out. */
void pieces_begin(struct pieces *pieces);
NODISCARD bool pieces_keep(struct pieces *pieces, struct piece piece, struct err *err); /* as it is */
NODISCARD bool pieces_slice(struct pieces *pieces, size_t at, size_t n, int32_t added, struct err *err);
void pieces_end(struct pieces *pieces);

#endif
