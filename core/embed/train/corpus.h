/* A corpus as numbers of words, on disk, in blocks of sentences. Inside train only. */
#ifndef GAZE_CORE_EMBED_TRAIN_CORPUS_H
#define GAZE_CORE_EMBED_TRAIN_CORPUS_H

#include "core/embed/train/train.h"

#define CORPUS_END UINT32_MAX                              /* a sentence ends */
enum { CORPUS_BLOCK = 1 << 14, CORPUS_LONGEST = 1 << 15 }; /* numbers in a block: about, and at most */

struct corpus {
    struct str *words; /* [V], most frequent first; equals in the order of first appearance */
    uint64_t *counts;  /* [V] */
    size_t V, total;   /* words of the vocabulary; how often they come in all */
    size_t not_utf8;
    uint64_t *starts; /* [n_blocks+1] in numbers from the front of the file */
    uint64_t *before; /* [n_blocks+1] words in the blocks before */
    size_t n_blocks;
    uint64_t hash; /* of the words and all numbers */
    int fd;        /* the nameless file */
    char *scratch; /* its folder, for messages */
    char *text;    /* the bytes of the words */
};

/* Read and number a corpus. See training_new. */
NODISCARD bool corpus_read(const char *path, size_t min_count, const char *scratch, const struct train_watch *watch,
                           struct corpus *out, struct err *err);
void corpus_free(struct corpus *corpus); /* a zeroed one with fd -1 is fine */

/* The numbers of a block into out[CORPUS_LONGEST]. May be called by several threads. */
NODISCARD bool corpus_block(const struct corpus *corpus, size_t block, uint32_t *out, size_t *n_out, struct err *err);

#endif
