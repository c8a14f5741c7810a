/* The family of post-processors: special tokens around one text or two, type ids, offsets without spaces. */
#ifndef GAZE_CORE_TOKENIZER_POSTPROCESSOR_POSTPROCESSOR_H
#define GAZE_CORE_TOKENIZER_POSTPROCESSOR_POSTPROCESSOR_H

#include "core/tokenizer/build.h"
#include "core/tokenizer/encoding.h"

/* A token on its way: offsets in code points (cbegin, cend) count, bytes come later. */
struct item {
    struct token token;
    struct str value; /* the string that the reference calls the token: spaces of an added token included */
};
struct section {
    struct item *items; /* [n] */
    size_t n, capacity;
};
/* What is to be strung together: at first one part a text. */
struct sections {
    struct section *at; /* [n] */
    size_t n, capacity;
};
void parts_free(struct sections *parts);                                              /* a zeroed struct is fine */
NODISCARD bool parts_add(struct sections *parts, struct section **out, struct err *err); /* an empty part at the end */
NODISCARD bool part_add(struct section *part, const struct item *items, size_t n, struct err *err);
/* A token that is put in. */
struct item item_special(int32_t id, int32_t type, struct str value);
/* Leave the spaces out of the offsets, except one that was put in front of the text. */
void part_trim(struct section *part, bool add_prefix_space);

struct postprocessor_kind {
    const char *type, *summary; /* the "type" in a tokenizer.json; what it does */
    bool (*build)(const struct build *build, const struct json *json, void **state_out, struct err *err);
    bool (*apply)(const void *state, struct sections *parts, bool add_special, struct err *err);
    void (*describe)(const void *state, struct buf *out); /* NULL: the type */
};
struct postprocessor {
    const struct postprocessor_kind *kind; /* NULL: does nothing */
    void *state;                           /* in the arena */
};

/* Build from a component's JSON; null or absent gives one that does nothing. An unknown type is
 * ERR_UNSUPPORTED and names it. */
NODISCARD bool postprocessor_build(struct postprocessor *postprocessor, const struct build *build, const struct json *json,
                                   struct err *err);
NODISCARD bool postprocessor_apply(const struct postprocessor *postprocessor, struct sections *parts, bool add_special,
                                   struct err *err);
void postprocessor_describe(const struct postprocessor *postprocessor, struct buf *out); /* "-" for none */

extern const struct postprocessor_kind *const postprocessor_kinds[]; /* NULL-ended */

#endif
