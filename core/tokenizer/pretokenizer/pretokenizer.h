/* The family of pre-tokenizers: where a normalised text is cut before the model sees it. */
#ifndef GAZE_CORE_TOKENIZER_PRETOKENIZER_PRETOKENIZER_H
#define GAZE_CORE_TOKENIZER_PRETOKENIZER_PRETOKENIZER_H

#include "core/tokenizer/build.h"
#include "core/tokenizer/pieces.h"

struct pretokenizer_kind {
    const char *type, *summary; /* the "type" in a tokenizer.json; what it does */
    /* Read the fields. The state lies in build->arena; NULL is a valid state. A NULL slot: there are no fields. */
    bool (*build)(const struct build *build, const struct json *json, void **state_out, struct err *err);
    bool (*apply)(const void *state, struct pieces *pieces, struct err *err);
    void (*free)(void *state);                            /* what the arena does not hold, or NULL */
    void (*describe)(const void *state, struct buf *out); /* NULL: the type */
};
struct pretokenizer {
    const struct pretokenizer_kind *kind; /* NULL: does nothing */
    void *state;
};

/* Build from a component's JSON; null or absent gives one that does nothing. An unknown type is
 * ERR_UNSUPPORTED and names it. The caller calls pretokenizer_free, after a failure too. */
NODISCARD bool pretokenizer_build(struct pretokenizer *pretokenizer, const struct build *build, const struct json *json,
                                  struct err *err);
void pretokenizer_free(struct pretokenizer *pretokenizer);
NODISCARD bool pretokenizer_apply(const struct pretokenizer *pretokenizer, struct pieces *pieces, struct err *err);
void pretokenizer_describe(const struct pretokenizer *pretokenizer, struct buf *out); /* "Split+ByteLevel", "-" */

extern const struct pretokenizer_kind *const pretokenizer_kinds[]; /* NULL-ended */

#endif
