/* A state of pattern and behaviour, which several pre-tokenizers have. */
#ifndef GAZE_CORE_TOKENIZER_PRETOKENIZER_SPLIT_FIELDS_H
#define GAZE_CORE_TOKENIZER_PRETOKENIZER_SPLIT_FIELDS_H

#include "core/tokenizer/pretokenizer/pretokenizer.h"

struct split {
    struct pattern pattern;
    behaviour *treat;
};
/* A zeroed state in the arena, or NULL. */
NODISCARD struct split *split_new(const struct build *build, struct err *err);
/* "behavior", where it is there. */
NODISCARD bool split_behaviour(struct split *split, const struct build *build, const struct json *json, struct err *err);
NODISCARD bool split_apply(const void *state, struct pieces *pieces, struct err *err);
void split_free(void *state);

#endif
