/* One request over HTTP and its answer. libcurl stands behind this file alone.
 *
 * No redirect is followed here: who asks looks at the address first, and decides what goes along. */
#ifndef GAZE_REPL_FETCH_HTTP_H
#define GAZE_REPL_FETCH_HTTP_H

#include "core/base/mem.h"

struct http; /* connections that are kept open from one request to the next */

struct http_answer {
    long status;
    struct buf headers; /* "name: value" lines of the last response, at most HTTP_HEADERS bytes */
    bool broken;        /* no answer, or not all of it: the connection failed, broke or stood still; another try may do */
    bool unreached;     /* and that because the host was not found, or no one listens */
};
enum { HTTP_HEADERS = 256 * 1024 };

struct http_request {
    const char *url;   /* http or https */
    const char *token; /* goes along as a bearer's, NULL: none does */
    bool head;         /* HEAD, not GET */
    size_t from;       /* GET what stands from this byte on (Range), 0: all */
    size_t limit;      /* most bytes that are taken */
    double stall;      /* seconds without a byte until it is given up */
    double most;       /* seconds for the whole, 0: any */
    /* Called with a body of 200 or 206, once before its first byte, then for its bytes; false stops, with err set. */
    bool (*begin)(void *context, const struct http_answer *answer, struct err *err);
    bool (*take)(void *context, const void *bytes, size_t n, struct err *err);
    void *context;
};

/* ERR_UNSUPPORTED where there is no libcurl. */
NODISCARD struct http *http_new(struct err *err);
void http_free(struct http *http);

/* Ask. True: there is an answer, of whatever status. Errors name host and port, never the rest of the address, which may hold a
 * key: ERR_IO with answer->broken where the connection is at fault, ERR_CANCELLED after Ctrl-C, ERR_LIMIT for a body or headers
 * without end, else those of the callbacks. The body of another status than 200 and 206 is passed over. */
NODISCARD bool http_ask(struct http *http, const struct http_request *request, struct http_answer *answer, struct err *err);
void http_answer_free(struct http_answer *answer);

/* The value of a header, whatever the case of its name; n 0 where it is not there. Borrowed. */
struct str http_header(const struct http_answer *answer, const char *name);
/* A header that is a whole number. */
bool http_header_size(const struct http_answer *answer, const char *name, size_t *out);

/* "https://host", with a port that is not the scheme's own, all lower case: what a secret is for. On the heap; NULL where it is
 * no address of http or https. */
char *http_origin(const struct http *http, const char *url);
/* Where a Location leads from `url`, absolute; NULL where it leads nowhere. On the heap. */
char *http_resolve(const struct http *http, const char *url, struct str location);
/* Append a text as one part of a path: %2F for a slash, unless it is kept. */
void http_quote(struct buf *out, struct str text, bool keep_slashes);

const char *http_library(void); /* the version of libcurl, which is loaded for it */

#endif
