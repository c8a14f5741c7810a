/* A model of a hub into the cache: which files, each of them, then the snapshot that shows them. */
#ifndef GAZE_REPL_FETCH_PULL_H
#define GAZE_REPL_FETCH_PULL_H

#include "core/run.h"
#include "repl/fetch/hub.h"

struct pull {
    struct hub *hub;
    struct str id, revision, file; /* revision n 0: main; file n 0: the weights that gaze would choose */
    const char *root;              /* of the cache */
    struct watch watch;            /* bytes of all files */
    void (*waits)(void *context);  /* called before it waits for another pull; NULL: nothing is */
    void *context;
};

/* What was done; free with pulled_free. */
struct pulled {
    char commit[HASH_HEX + 1];
    char *folder;        /* the snapshot */
    size_t files, bytes; /* of the model, as far as it was chosen */
    size_t fetched;      /* bytes got over the network */
    struct buf left;     /* names of what gaze does not read, with commas; empty: nothing */
    size_t unsafe;       /* names that lead out of a folder or hold control bytes: passed over */
};

/* Fetch it. Afterwards the snapshot is whole and stands under the revision's name; where it fails, what was there before is there
 * still, with parts that the next pull goes on with. Errors name the model or the file; ERR_CANCELLED after Ctrl-C. */
NODISCARD bool pull_model(const struct pull *pull, struct pulled *out, struct err *err);
void pulled_free(struct pulled *pulled);

#endif
