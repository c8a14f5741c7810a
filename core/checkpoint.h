/* A checkpoint on disk: a configuration, a tokenizer and weights, whatever they are stored in. */
#ifndef GAZE_CORE_CHECKPOINT_H
#define GAZE_CORE_CHECKPOINT_H

#include "core/base/json.h"
#include "core/weights/gguf.h"
#include "core/weights/lying.h"

struct checkpoint {
    struct json *config;      /* as a config.json says it; NULL where there are no weights */
    struct gguf gguf;         /* metadata of a file that holds everything, the tokenizer too; path NULL: the folder's files do */
    struct weights *weights;  /* NULL: there are none, or none was asked for */
    char *folder;             /* where it lies */
    char *tokenizer_file;     /* the tokenizer alone was asked for, by this file; else NULL */
    struct lying lying;       /* what lies in the folder */
    struct err no_weights;    /* why weights is NULL */
};

/* What lay there and is not used (unread.h). */
struct unread {
    const char *remarks; /* how the files were taken: by which names, which scales; NULL */
    const char *files;   /* names of other weights in the folder, with commas; "" */
    const char *tensors; /* groups of tensors that no parameter reads, with commas; "" */
    const char *heads;   /* heads of other tasks among the tensors, with commas; "" */
    size_t n_tensors, n_heads, n_buffers;
};


/* One row a kind of storage; a file that holds all three parts is a row of its own. */
struct checkpoint_kind {
    const char *name, *summary;
    bool (*is)(const char *path); /* does it read this path, which exists? */
    bool (*open)(const char *path, struct checkpoint *out, struct err *err);
};
extern const struct checkpoint_kind *const checkpoint_kinds[]; /* NULL-ended; the first that reads the path is taken */

/* Open a folder or a file. A file of weights, or an index of shards, named by its path is that file, with config.json and the
 * tokenizer beside it; config.json stands for its folder; a tokenizer's file for the tokenizer alone. Weights that are not there
 * are no error (no_weights says why), weights that cannot be read are. */
NODISCARD bool checkpoint_open(const char *path, struct checkpoint *out, struct err *err);
/* Where the tokenizer alone was asked for by a file: is it the one that was read, or beside it? */
NODISCARD bool checkpoint_is_tokenizer(const struct checkpoint *checkpoint, const char *read, struct err *err);
/* ERR_LIMIT, with both figures, where the weights that would be opened are larger than `memory` bytes (0: this machine's); nothing
 * is opened. What cannot be opened fits. */
NODISCARD bool checkpoint_fits(const char *path, uintmax_t memory, struct err *err);
void checkpoint_close(struct checkpoint *checkpoint); /* a zeroed struct is fine */

#endif
