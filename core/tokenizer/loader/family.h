/* What the classes that share a format of older files make of it. */
#ifndef GAZE_CORE_TOKENIZER_LOADER_FAMILY_H
#define GAZE_CORE_TOKENIZER_LOADER_FAMILY_H

#include "core/tokenizer/loader/document.h"

/* vocab.txt. */
struct line_family {
    bool stripped; /* blanks around a line's token are not part of it */
    /* Append the document's fields without the vocabulary, up to the model's. */
    void (*put)(struct buf *out, const struct folder *folder, const struct word_list *list);
};
extern const struct line_family lines_bert, lines_esm;

/* vocab.json and merges.txt. */
struct word_family {
    const char *normalizer, *pretokenizer; /* JSON */
    const char *suffix;                    /* of the last letter of a word */
    bool unknown;                          /* the model names the unknown token */
    bool every_line;                       /* a first line that is no "#version:" is a merge, as is a last one without an end;
                                              blank lines are passed over */
    bool last_line;                        /* a last line without an end is a merge */
    size_t most;                           /* merges that are read; 0: all */
};
extern const struct word_family words_gpt2, words_qwen2, words_clip;

#endif
