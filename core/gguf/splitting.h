/* How the byte-level tokenizers of GGUF files cut a text before they merge: by the name that tokenizer.ggml.pre gives it. */
#ifndef GAZE_CORE_GGUF_SPLITTING_H
#define GAZE_CORE_GGUF_SPLITTING_H

#include <stdbool.h>

#include "core/base/mem.h"

struct splitting {
    const char *names;        /* separated by spaces */
    const char *normalizer;   /* as a tokenizer.json has it, "null": none */
    const char *pretokenizer; /* as a tokenizer.json has it */
    bool ignore_merges;       /* a word that is a token stays whole */
    bool bos;                 /* a text begins with the token of beginnings, unless the file says otherwise */
    bool roberta;             /* <s> A </s></s> B </s> */
};
/* NULL where the name is not known. */
const struct splitting *splitting_named(struct str name);
void splitting_names(struct buf *out);

#endif
