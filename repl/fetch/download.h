/* One file of a hub into the cache: a part that grows, checked, then a blob. */
#ifndef GAZE_REPL_FETCH_DOWNLOAD_H
#define GAZE_REPL_FETCH_DOWNLOAD_H

#include "core/run.h"
#include "repl/fetch/cache.h"
#include "repl/fetch/hub.h"

struct download {
    struct hub *hub;
    const struct hub_model *model; /* its revision is the commit */
    const struct cache *cache;
    struct watch watch;
    size_t done, total, fetched; /* bytes of all files: there, wanted, got over the network */
};

/* Make blobs/ETAG there and whole: size and hash are those that the hub gave. A part that was left is gone on with. What is
 * interrupted or breaks leaves a part; one whose hash is wrong is removed. Errors name the file; ERR_CANCELLED after Ctrl-C. */
NODISCARD bool download_blob(struct download *download, struct str name, const struct hub_file *file, struct err *err);
/* Bytes of it that are there: of the blob, or of a part. */
size_t download_there(const struct cache *cache, const struct hub_file *file);

#endif
