/* Post-processors that a class brings: special tokens around one text or two. */
#ifndef GAZE_CORE_TOKENIZER_LOADER_PROCESSOR_H
#define GAZE_CORE_TOKENIZER_LOADER_PROCESSOR_H

#include "core/tokenizer/loader/loader.h"

/* Templates are written as the reference writes them, "$A" and "$B" for the texts, ":1" for the token type, with
 * {cls} for the token of a role and {lang} for that of "src_lang". */
struct processor {
    /* Append the JSON of a post-processor. */
    bool (*put)(struct buf *out, const struct processor *processor, const struct folder *folder,
                const struct tokenizer *tokenizer, struct err *err);
    const char *single, *pair;
    const char *language; /* of {lang}, where "src_lang" is absent */
    bool bos;             /* "add_bos_token" where it is absent */
};
extern const struct processor processor_bert, processor_mpnet, processor_deberta, processor_roberta, processor_gpt2,
    processor_bos, processor_neox, processor_funnel, processor_xlmr, processor_t5, processor_xlnet, processor_mbart,
    processor_mbart50, processor_nllb, processor_pegasus, processor_xglm, processor_esm, processor_bytes, processor_clip;

/* Put the class's post-processor in the place of the tokenizer's, whose tokens are complete. */
NODISCARD bool processor_apply(const struct folder *folder, struct tokenizer *tokenizer, struct err *err);

#endif
