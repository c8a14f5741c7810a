/* What tests of pull share: three files of a small model on the loopback's hub, a cache in the scratch folder, and what must hold
 * of it. */
#ifndef GAZE_TESTS_REPL_PULLING_H
#define GAZE_TESTS_REPL_PULLING_H

#include "repl/fetch/pull.h"
#include "tests/support/hub_server.h"

#define REPOSITORY "hub/models--org--name"
#define SNAPSHOT   REPOSITORY "/snapshots/" HUB_COMMIT

enum { CONFIG, WEIGHTS, TOKENIZER, FILES };
extern struct hub_served files[FILES]; /* config.json, model.safetensors, which is large, tokenizer.json */
extern struct hub_server *server;
extern struct watch watch; /* of the pulls that follow */

/* Start the hub; a cache that is not there yet; no token. */
void pulling_set_up(void);
void pulling_tear_down(void);

/* Pull org/name once: `tries` of a file without a byte, with short waits. NULL: main; the weights that gaze chooses. */
bool pull_as(const char *revision, const char *file, size_t tries, struct pulled *pulled, struct err *err);
bool pulls(size_t tries, struct err *err);

/* Names below are of the scratch folder. */
bool there(const char *name);
long size_of(const char *name); /* -1: not there */
size_t entries(const char *folder);
/* blobs/ETAG + suffix of a file; valid until the next call. */
const char *blob_of(size_t file, const char *suffix);
void remove_cache(void);

/* Every blob without a suffix holds the bytes that its name says. */
void expect_whole_blobs(void);
/* `load NAME` works, or finds nothing at all. */
void expect_loads(const char *name, bool loads);
/* Nothing of the new model is seen, and no blob is half. */
void expect_nothing_seen(void);
/* The three files are there, and nothing else. */
void expect_whole(void);
/* The next pull makes all good again. */
void expect_mends(void);
/* A pull fails with such a message. */
void expect_fails(size_t tries, const char *says);

#endif
