/* The families that GGUF files are read for: a row each, from llama.cpp's names to those of the family's own files. */
#ifndef GAZE_CORE_GGUF_FAMILY_H
#define GAZE_CORE_GGUF_FAMILY_H

#include "core/gguf/gguf.h"

/* What llama.cpp's converter did to a tensor, which is undone. */
enum gguf_fix {
    FIX_NONE,
    FIX_PAIRS,    /* rows of each head, halves to neighbours: pairs for its rotation; queries */
    FIX_PAIRS_KV, /* the same of keys */
    FIX_QKV,      /* blocks of all queries, keys, values, where the family has a head's (q, k, v) together */
    FIX_GROUPS,   /* the same where each key/value head has several queries */
    FIX_TURNED,   /* [out,in] where the family has [in,out] */
    FIX_LESS_ONE, /* one was added to a norm's weights */
    FIX_EXPERTS,  /* one tensor of all experts, X first */
    FIX_ROWS,     /* one tensor of a vector a head, each of its own in the family */
    FIX_MATRIX,   /* a row of a matrix that lost its first side */
    FIX_BARE,     /* the family's name has no ".weight" */
    FIX_WITH,     /* the family's name has "_bias" for ".bias", and nothing for ".weight" */
    FIX_CONFIG    /* the configuration has its numbers: no tensor of the family */
};

struct gguf_name {
    const char *from, *to; /* {l} stands for the layer, {e} for the expert; ".weight", ".bias" follow */
    enum gguf_fix fix;
};

struct gguf_family {
    const char *architecture; /* as general.architecture says */
    const char *when; /* a key "ARCHITECTURE.key" that must be there and not 0, or a tensor that must be there; NULL: none */
    const char *model_type;               /* as a config.json says */
    const struct gguf_name *const *names; /* tables, NULL-ended: the first that has a name counts */
    const char *more;                     /* members of the config.json that the metadata leave out, "" or ",\"key\":value";
                                             the metadata win */
    /* Those that follow from the file; NULL: none. */
    bool (*put)(struct buf *out, const struct gguf *gguf, const struct weights *weights, struct err *err);
};
extern const struct gguf_family gguf_families[]; /* ended by architecture NULL */

/* A number at "ARCHITECTURE.key"; of a list of equal ones that. */
double gguf_own_number(const struct gguf *gguf, const char *key, double fallback);
/* Write the config.json. */
NODISCARD bool gguf_put_config(struct buf *out, const struct gguf *gguf, const struct gguf_family *family,
                               const struct weights *weights, struct err *err);
/* Give the tensors the family's names and undo what was done to them. */
NODISCARD bool gguf_rename(const struct gguf *gguf, const struct gguf_family *family, struct weights *weights, struct err *err);

#endif
