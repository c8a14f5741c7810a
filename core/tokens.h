/* A token axis of a run: texts packed row after row. An encoder–decoder has two; a pass may make more, where queries
 * are pooled. Labels of a map follow its two axes. */
#ifndef GAZE_CORE_TOKENS_H
#define GAZE_CORE_TOKENS_H

#include "core/tokenizer/encoding.h"

struct tokens {
    const char *name;                 /* "source", "target", "pooled"; a literal */
    struct encoding *texts;           /* [n_texts] */
    size_t n_texts, rows;             /* rows of all texts together */
    size_t *starts;                   /* [n_texts+1] first row of each text */
    int32_t *ids, *types, *positions; /* [rows]; positions within the text, from 0, unless an intervention says otherwise */
};

/* Pack the encodings, which it takes (also on failure). A text without tokens is an error. */
NODISCARD struct tokens *tokens_new(const char *name, struct encoding *texts, size_t n_texts, struct err *err);
/* An axis of chosen rows of another, whose strings it borrows: row i of text t is row rows[t][i] of that text there. */
NODISCARD struct tokens *tokens_choose(const char *name, const struct tokens *from, const size_t *const *rows,
                                       const size_t *n_rows, struct err *err);
void tokens_free(struct tokens *tokens);

static inline size_t tokens_length(const struct tokens *tokens, size_t text)
{
    return tokens->starts[text + 1] - tokens->starts[text];
}

#endif
