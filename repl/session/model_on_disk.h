/* What a model that is not loaded is, as far as a glance at its folder tells. */
#ifndef GAZE_REPL_SESSION_MODEL_ON_DISK_H
#define GAZE_REPL_SESSION_MODEL_ON_DISK_H

#include "repl/session/find_model.h"

struct model_on_disk {
    char *type;        /* "model_type" of its config.json; NULL: it does not say */
    size_t bytes;      /* of its files; in the cache of all blobs and parts, whatever revision they are of */
    const char *state; /* "whole", "incomplete", "no weights", "not read" (weights in formats that gaze does not read) */
};

/* Nothing of it is opened but config.json and an index of shards. */
void model_on_disk_look(const struct found_model *found, struct model_on_disk *out);
void model_on_disk_free(struct model_on_disk *model);

#endif
