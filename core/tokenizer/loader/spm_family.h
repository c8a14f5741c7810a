/* What each family of models makes of a SentencePiece file: ids, normalizer, pre-tokenizer. */
#ifndef GAZE_CORE_TOKENIZER_LOADER_SPM_FAMILY_H
#define GAZE_CORE_TOKENIZER_LOADER_SPM_FAMILY_H

#include "core/tokenizer/loader/loader.h"
#include "core/tokenizer/sentencepiece.h"

struct spm_family {
    const char *file; /* the name that the file has in its repositories */
    /* The vocabulary: the file's pieces with what the family puts before, behind or in the place of some; `unknown`
     * is the file's number of the unknown piece and may be changed. */
    bool (*list)(struct lexicon *out, size_t *unknown, const struct folder *folder, const struct sentencepiece *model,
                 struct err *err);
    /* Append JSON: an array of normalizers; a pre-tokenizer or null. `charsmap` is the JSON of a Precompiled with a
     * comma behind it, or empty. */
    void (*normalizers)(struct buf *out, const struct folder *folder, const char *charsmap);
    void (*pretokenizer)(struct buf *out, const struct folder *folder);
    bool byte_fallback;          /* a family that reads byte pieces */
    const char *const *specials; /* user-defined pieces that are special; NULL: none */
};
extern const struct spm_family spm_albert, spm_rembert, spm_fnet, spm_plain, spm_camembert, spm_xlnet, spm_deberta_v2, spm_xlmr,
    spm_mbart, spm_mbart50, spm_nllb, spm_barthez, spm_pegasus, spm_t5, spm_xglm, spm_llama, spm_gemma;

#endif
