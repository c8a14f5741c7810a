/* The family of normalizers: what is done to a text before it is cut into words. */
#ifndef GAZE_CORE_TOKENIZER_NORMALIZER_NORMALIZER_H
#define GAZE_CORE_TOKENIZER_NORMALIZER_NORMALIZER_H

#include "core/tokenizer/build.h"
#include "core/tokenizer/normalized.h"

struct normalizer_kind {
    const char *type, *summary; /* the "type" in a tokenizer.json; what it does */
    /* Read the fields. The state lies in build->arena; NULL is a valid state. A NULL slot: there are no fields. */
    bool (*build)(const struct build *build, const struct json *json, void **state_out, struct err *err);
    bool (*apply)(const void *state, struct normalized *text, struct err *err);
    void (*free)(void *state);                            /* what the arena does not hold, or NULL */
    void (*describe)(const void *state, struct buf *out); /* NULL: the type */
};
struct normalizer {
    const struct normalizer_kind *kind; /* NULL: does nothing */
    void *state;
};

/* Build from a component's JSON; null or absent gives one that does nothing. An unknown type is
 * ERR_UNSUPPORTED and names it. The caller calls normalizer_free, after a failure too. */
NODISCARD bool normalizer_build(struct normalizer *normalizer, const struct build *build, const struct json *json,
                                struct err *err);
void normalizer_free(struct normalizer *normalizer);
NODISCARD bool normalizer_apply(const struct normalizer *normalizer, struct normalized *text, struct err *err);
void normalizer_describe(const struct normalizer *normalizer, struct buf *out); /* "NFD+Lowercase", "-" */

extern const struct normalizer_kind *const normalizer_kinds[]; /* NULL-ended */

#endif
