/* What lies in a folder by the names of weights: which of it is read, and what the rest is. */
#ifndef GAZE_CORE_WEIGHTS_LYING_H
#define GAZE_CORE_WEIGHTS_LYING_H

#include <stdint.h>

#include "core/weights/weights.h"

enum lying_kind {
    LYING_FILE,    /* of a format that is read */
    LYING_INDEX,   /* of shards */
    LYING_SHARD,   /* one of several files */
    LYING_ADAPTER, /* changes to another model's weights */
    LYING_FOREIGN  /* of a format that is not read */
};

struct lying_file {
    struct str name;
    enum lying_kind kind;
    const struct weights_format *format; /* NULL: foreign */
    const char *what;                    /* "ONNX"; NULL where the format says it */
    bool usual;                          /* by the name that the field gives it */
    bool chosen;                         /* is read */
};

struct lying {
    char *folder;
    struct arena *arena;
    struct lying_file *files; /* sorted by name */
    size_t n, capacity;
    size_t chosen;      /* the file, the index, or the first shard; n: nothing yet */
    bool config;        /* is config.json there? */
    bool by_other_name; /* what is read has no usual name */
    bool by_path;       /* what is read was asked for by its path */
};

/* Is it what trainers and tokenizers leave beside weights under their suffixes (optimizer.bin)? */
bool lying_is_bystander(struct str name);
/* List a folder. */
NODISCARD bool lying_look(const char *folder, struct lying *out, struct err *err);
void lying_free(struct lying *lying); /* a zeroed struct is fine */

/* Choose what is read: the usual names, by order of formats; else shards without their index; else, beside a config.json, the one
 * file there is. ERR_NOT_FOUND where there are no weights at all; ERR_UNSUPPORTED, which names what is there, where nothing of
 * it can be read or it is not clear what is meant. */
NODISCARD bool lying_choose(struct lying *lying, struct err *err);
/* Choose the file of that name, whatever else lies there. */
NODISCARD bool lying_choose_file(struct lying *lying, struct str name, struct err *err);
/* Bytes of the files that belong to what was chosen. */
uintmax_t lying_size(const struct lying *lying);
/* Open what was chosen, and mark every file that belongs to it. */
NODISCARD struct weights *lying_open(struct lying *lying, struct err *err);

/* Append the names of what is not read, with commas: other formats and other sets of weights; where the usual names are read, not
 * what has a name of its own. */
void lying_rest(const struct lying *lying, struct buf *out);

#endif
