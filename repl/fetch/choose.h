/* Which files of a repository gaze reads. */
#ifndef GAZE_REPL_FETCH_CHOOSE_H
#define GAZE_REPL_FETCH_CHOOSE_H

#include "core/base/json.h"
#include "core/base/mem.h"

struct choice {
    const struct str *names; /* of the repository's files, as paths */
    bool *take, *index;      /* is it read? Is it an index of shards, which are chosen when it has been read? */
    size_t n;
};

/* Mark what is read: the configuration, every file that tokenizers are made of, and one set of weights, as core/weights/lying.c
 * would choose it: safetensors before PyTorch, one file before an index before shards alone; else the only file of weights under
 * another name. The folders of modules (1_Pooling) where there is a modules.json. `file` names the weights instead; n 0: none
 * does. ERR_NOT_FOUND where `file` is not there; ERR_ARG, with their names, where it is not clear which weights are meant;
 * ERR_UNSUPPORTED where nothing of it can be read. */
NODISCARD bool choose_files(struct choice *choice, struct str file, struct err *err);
/* Mark the shards that index number `i` names. ERR_FORMAT where one of them is not there. */
NODISCARD bool choose_shards(struct choice *choice, size_t i, const struct json *index, struct err *err);
/* Append the names of what is not taken: folders as one, a few in full. False where there is none. */
bool choose_rest(const struct choice *choice, struct buf *out);

#endif
