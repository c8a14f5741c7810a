/* Older files are turned into a document in the format of tokenizer.json, so that one builder serves all. */
#ifndef GAZE_CORE_TOKENIZER_LOADER_DOCUMENT_H
#define GAZE_CORE_TOKENIZER_LOADER_DOCUMENT_H

#include "core/tokenizer/loader/loader.h"

/* Strings and their ids as the file gives them, while a document is written. */
struct word_list {
    struct vocab vocab; /* in an arena of its own */
    struct arena *arena;
};
NODISCARD bool word_list_new(struct word_list *list, struct err *err);
void word_list_free(struct word_list *list);

/* ,"vocab":{…} in the order of the list. */
void document_vocab(struct buf *out, const struct word_list *list);
/* Build from the text, and from the pieces of the lexicon where the model has scores; `path` stands in messages. */
NODISCARD bool document_build(struct tokenizer *tokenizer, const struct folder *folder, const char *path, struct str text,
                              const struct lexicon *lexicon, struct err *err);

#endif
