/* A hub of models over HTTP: what the Hugging Face Hub answers, and those that speak as it does.
 *
 * ENDPOINT/api/models/ID/revision/REVISION   {"sha": commit, "siblings": [{"rfilename": name}]}
 * ENDPOINT/ID/resolve/REVISION/FILE          the file, perhaps by a redirect to where large ones are stored. A HEAD gives, on the
 *     way, X-Repo-Commit; X-Linked-Etag or ETag: SHA-256 of a large file, git's SHA-1 of a small one; X-Linked-Size or
 *     Content-Length
 * Errors say what they mean in X-Error-Code: RepoNotFound, RevisionNotFound, EntryNotFound, GatedRepo.
 * (huggingface_hub 0.36, file_download.py, hf_api.py and utils/_http.py.)
 *
 * The token goes to the endpoint's own scheme, host and port, as long as no redirect has led away from it, and into no message.
 */
#ifndef GAZE_REPL_FETCH_HUB_H
#define GAZE_REPL_FETCH_HUB_H

#include "core/base/json.h"
#include "repl/fetch/hash.h"
#include "repl/fetch/http.h"

struct hub {
    struct http *http;
    char *endpoint, *origin; /* without a slash at its end; scheme, host and port of it */
    char *token;             /* NULL: none */
    size_t tries;            /* in a row without a byte, at least 1 */
    double pause, stall;     /* seconds before the second try, doubled for each after it; without a byte until it is given up */
    /* Told before a wait: why, and for how many seconds; NULL: nobody is. */
    void (*say)(void *context, const char *why, double seconds);
    void *context;
};

/* Which model of the hub: for addresses and messages. */
struct hub_model {
    struct str id, revision;
};

struct hub_file {
    char etag[HASH_HEX + 1]; /* SHA-256 in 64 digits, or git's SHA-1 of a blob in 40 */
    size_t size;
};

/* As the environment says: HF_ENDPOINT; HF_TOKEN, else the file HF_TOKEN_PATH or $HF_HOME/token; HF_HUB_DOWNLOAD_TIMEOUT. ERR_ARG
 * where HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE says that nothing is to be asked. */
NODISCARD bool hub_open(struct hub *out, struct err *err);
void hub_close(struct hub *hub); /* a zeroed struct is fine */

/* "ORG/NAME" or "NAME", as huggingface_hub takes it; a name of a branch, a tag or a commit that leads nowhere else. */
NODISCARD bool hub_check(const struct hub_model *model, struct err *err);

/* Put stars in the place of the token, wherever a text repeats what a server said. */
void hub_hide(const struct hub *hub, char *text);

/* What a revision is: its commit, 40 digits, and the document that lists its files. */
NODISCARD bool hub_revision(struct hub *hub, const struct hub_model *model, char commit_out[HASH_HEX + 1], struct json **list_out,
                            struct err *err);
/* What one file is: `model->revision` is the commit. */
NODISCARD bool hub_look(struct hub *hub, const struct hub_model *model, struct str name, struct hub_file *out, struct err *err);
/* Get a file from request->from on, once: the callbacks, from and limit are the caller's. Where it fails, *again_out says whether
 * another try may do; hub_wait then waits for it. */
NODISCARD bool hub_get(struct hub *hub, const struct hub_model *model, struct str name, struct http_request request,
                       bool *again_out, double *after_out, struct err *err);
/* Wait before try number `tried` + 1; `after` are the seconds that the server asks for, 0 where it asks for none. False: the
 * tries are used up, or that is too long, and err stays; after Ctrl-C err says so. */
NODISCARD bool hub_wait(const struct hub *hub, size_t tried, double after, struct err *err);

#endif
