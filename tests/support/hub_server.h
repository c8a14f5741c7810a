/* A small hub on the loopback, in threads of the test's own process: two ports, as the Hugging Face Hub answers on one host and
 * keeps large files on another. What goes wrong is set by the test while it runs. It ends with the process. */
#ifndef GAZE_TESTS_SUPPORT_HUB_SERVER_H
#define GAZE_TESTS_SUPPORT_HUB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define HUB_COMMIT "0123456789abcdef0123456789abcdef01234567"

/* A file of the repository org/name. */
struct hub_served {
    const char *name;
    const void *bytes;
    size_t n;
    bool large; /* by SHA-256, and by a redirect to the other port; else by git's SHA-1, from the hub itself */
};

enum hub_fault {
    HUB_WELL,
    HUB_STATUS,       /* `status`, with `code` as X-Error-Code and `after` as Retry-After */
    HUB_CUT,          /* the connection breaks in the middle of what was asked for */
    HUB_SLOW,         /* in the middle nothing more comes */
    HUB_TRICKLE,      /* a hundred bytes fifty times a second */
    HUB_SHORT,        /* the middle is called the end */
    HUB_WRONG,        /* one byte is another */
    HUB_LONGER,       /* one byte more, and says so */
    HUB_ENDLESS,      /* bytes without end, and does not say how many */
    HUB_HEADERS,      /* headers without end */
    HUB_NO_RANGE,     /* all of it, whatever is asked for */
    HUB_OTHER_RANGE,  /* another part than is asked for */
    HUB_LIE,          /* a HEAD says one byte more */
    HUB_NO_HASH,      /* a HEAD gives an ETag that is no hash */
    HUB_OTHER_COMMIT, /* a HEAD gives another commit */
    HUB_MOVED,        /* to the same, at another path of this host */
    HUB_AWAY,         /* to `location` */
    HUB_CIRCLE        /* to the other port, and from there to the first, and so on */
};

struct hub_server {
    int port, other_port;
    const struct hub_served *files;
    size_t n;
    const char *list; /* instead of the list of files: the whole JSON; NULL: made from them */
    /* What goes wrong, with which file ("list": the list of files), how often still; a HEAD as well, or a GET alone. */
    enum hub_fault fault;
    const char *where;
    int times;
    bool head_too;
    int status, after;
    const char *code, *location;
};

/* Answer from now on; HF_ENDPOINT says where. One a process. */
struct hub_server *hub_server_start(const struct hub_served *files, size_t n);
void hub_server_fault(struct hub_server *server, enum hub_fault fault, const char *where, int times);
/* What was asked: a line "PORT METHOD PATH token=… range=…" a request, PORT "hub" or "other". Valid until the next call. */
const char *hub_server_log(void);
void hub_server_forget_log(void);
/* The ETag of a file, as the server gives it. */
const char *hub_server_etag(const struct hub_served *file);

#endif
