/* Weights in several files, of any format. */
#ifndef GAZE_CORE_WEIGHTS_SHARDS_H
#define GAZE_CORE_WEIGHTS_SHARDS_H

#include "core/weights/weights.h"

/* By an index: {"weight_map": {tensor: file}}. The files lie in its folder, and every tensor that it names is in one of them. */
NODISCARD struct weights *shards_open(const char *index, struct err *err);

/* STEM-00002-of-00003REST. */
struct shard_name {
    struct str stem, rest;
    size_t part, parts; /* 2, 3 */
};
bool shard_name(struct str file, struct shard_name *out);

#endif
