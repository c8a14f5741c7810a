/* A tokenizer's parts, for those who put them together (the loaders) and for those who let them work (tokenizer.c). */
#ifndef GAZE_CORE_TOKENIZER_ASSEMBLY_H
#define GAZE_CORE_TOKENIZER_ASSEMBLY_H

#include "core/tokenizer/added.h"
#include "core/tokenizer/model/model.h"
#include "core/tokenizer/normalizer/normalizer.h"
#include "core/tokenizer/postprocessor/postprocessor.h"
#include "core/tokenizer/pretokenizer/pretokenizer.h"

extern const char *const role_names[]; /* bos eos unk sep pad cls mask */
enum { ROLE_BOS, ROLE_EOS, ROLE_UNK, ROLE_SEP, ROLE_PAD, ROLE_CLS, ROLE_MASK, ROLES };

struct tokenizer {
    struct arena *arena; /* every component's memory */
    const char *path;    /* the file it was read from */
    struct style style;
    struct normalizer normalizer;
    struct normalizer filed; /* as the file has it, where companion files replace fields: for the added tokens' strings */
    struct pretokenizer pretokenizer;
    struct token_model model;
    struct postprocessor postprocessor;
    struct added added;
    int32_t roles[ROLES]; /* ids, -1: none; in the order of role_names */
};

/* Build all components from a document in the format of tokenizer.json, whose scored pieces stand in the lexicon
 * instead; `path` stands in messages. */
NODISCARD bool tokenizer_assemble(struct tokenizer *tokenizer, const char *path, const struct json *document,
                                  const struct lexicon *lexicon, const struct overrides *over, struct err *err);

#endif
