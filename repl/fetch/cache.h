/* The Hugging Face cache, written: huggingface_hub's layout ("Understand caching"; file_download.py).
 *
 *   ROOT/models--ORG--NAME/blobs/ETAG             the bytes, by their hash; ETAG.incomplete: a part that can be gone on with
 *                          snapshots/COMMIT/FILE  links to ../../blobs/ETAG
 *                          refs/REVISION          the commit that a name of a branch or tag stands for
 *   ROOT/.locks/models--ORG--NAME/ETAG.lock       held (flock) by who writes that blob
 *
 * A blob has its name when it is whole; a snapshot is made beside the others and renamed when it is whole; the ref comes last. So
 * whoever reads the cache meanwhile, gaze or another, sees what was there before or all of what is new. */
#ifndef GAZE_REPL_FETCH_CACHE_H
#define GAZE_REPL_FETCH_CACHE_H

#include "core/base/file.h"

struct cache {
    char *repository, *locks;     /* folders */
    void (*waits)(void *context); /* called once before another's lock is waited for; NULL: nothing is */
    void *context;
};

/* The folders of a model, made where they are not there. */
NODISCARD bool cache_open(const char *root, struct str id, struct cache *out, struct err *err);
void cache_close(struct cache *cache); /* a zeroed struct is fine */

/* "blobs/ETAG" + suffix in the repository's folder, on the heap. */
NODISCARD char *cache_blob(const struct cache *cache, const char *etag, const char *suffix, struct err *err);
/* Wait for a lock, until Ctrl-C: a descriptor, which close gives back; -1 with err. */
NODISCARD int cache_lock(const struct cache *cache, const char *name, struct err *err);
/* Is there room for so many bytes more? */
NODISCARD bool cache_has_room(const struct cache *cache, size_t bytes, struct err *err);

struct cache_link {
    struct str name;  /* a path of folders and a file, checked by cache_is_name */
    const char *etag; /* of a blob that is there */
};
/* Does it stay within a folder, and is every part of it a name of a file here? */
bool cache_is_name(struct str name);
/* Make the snapshot hold these links, whatever else it holds; *folder_out is its path, on the heap. Where the snapshot is there
 * already, links are added in the order given, each at once. */
NODISCARD bool cache_snapshot(const struct cache *cache, const char *commit, const struct cache_link *links, size_t n,
                              char **folder_out, struct err *err);
/* Let a name stand for the commit. */
NODISCARD bool cache_ref(const struct cache *cache, struct str name, const char *commit, struct err *err);

#endif
