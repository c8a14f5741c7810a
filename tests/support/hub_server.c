/* A small hub on the loopback. See hub_server.h. Its shapes are those of huggingface.co; errors as its X-Error-Code says them. */
#include "tests/support/hub_server.h"

#include <arpa/inet.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static struct hub_server server;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char asked[65536], copy[65536];

/* One request, and where it came in. */
struct asked {
    int fd;
    bool other, head;
    char method[8], path[1024], token[128];
    size_t from;
    bool ranged;
};

static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

static void hex(const unsigned char *digest, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

const char *hub_server_etag(const struct hub_served *file)
{
    static _Thread_local char text[65];
    unsigned char digest[32];
    if (file->large) {
        struct sha256_ctx sha;
        sha256_init(&sha);
        sha256_update(&sha, file->n, file->bytes);
        sha256_digest(&sha, 32, digest);
        hex(digest, 32, text);
    } else {
        struct sha1_ctx sha;
        char head[40];
        int n = snprintf(head, sizeof head, "blob %zu", file->n) + 1;
        sha1_init(&sha);
        sha1_update(&sha, (size_t)n, (const unsigned char *)head);
        sha1_update(&sha, file->n, file->bytes);
        sha1_digest(&sha, 20, digest);
        hex(digest, 20, text);
    }
    return text;
}

void hub_server_fault(struct hub_server *s, enum hub_fault fault, const char *where, int times)
{
    pthread_mutex_lock(&lock);
    s->fault = fault;
    s->where = where;
    s->times = times;
    s->head_too = fault >= HUB_LIE || fault == HUB_STATUS;
    pthread_mutex_unlock(&lock);
}

const char *hub_server_log(void)
{
    pthread_mutex_lock(&lock);
    memcpy(copy, asked, sizeof copy);
    pthread_mutex_unlock(&lock);
    return copy;
}

void hub_server_forget_log(void)
{
    pthread_mutex_lock(&lock);
    asked[0] = 0;
    pthread_mutex_unlock(&lock);
}

static void note(const struct asked *a)
{
    pthread_mutex_lock(&lock);
    size_t n = strlen(asked);
    int length = snprintf(asked + n, sizeof asked - n, "%s %s %s token=%s range=%zu\n", a->other ? "other" : "hub", a->method,
                          a->path, a->token, a->from);
    must(length > 0 && (size_t)length < sizeof asked - n, "the log is full");
    pthread_mutex_unlock(&lock);
}

/* What goes wrong with this request, and one time less for the next. `elsewhere`: the bytes are not given here. */
static enum hub_fault fault_of(const struct asked *a, const char *name, bool elsewhere)
{
    enum hub_fault fault = HUB_WELL;
    pthread_mutex_lock(&lock);
    bool of_bytes = server.fault >= HUB_CUT && server.fault <= HUB_OTHER_RANGE;
    if (server.times && strcmp(server.where, name) == 0 && (!a->head || server.head_too) && !(of_bytes && elsewhere)) {
        fault = server.fault;
        if (server.times > 0)
            server.times--;
    }
    pthread_mutex_unlock(&lock);
    return fault;
}

static bool send_all(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes; n;) {
        ssize_t done = send(fd, at, n, MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

/* Status, then headers that end in CRLF each. False: close. */
static bool answer(const struct asked *a, int status, const char *headers, const void *body, size_t n)
{
    char head[4096];
    int length = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, n, headers);
    return send_all(a->fd, head, (size_t)length) && (a->head || send_all(a->fd, body, n));
}

static bool refuse(const struct asked *a, int status, const char *code, int after)
{
    char headers[300];
    int n = snprintf(headers, sizeof headers, "X-Error-Code: %s\r\nX-Error-Message: you sent %s\r\n", code ? code : "", a->token);
    if (after)
        snprintf(headers + n, sizeof headers - (size_t)n, "Retry-After: %d\r\n", after);
    return answer(a, status, headers, "no", 2);
}

static bool redirect(const struct asked *a, const char *to, const char *more)
{
    char headers[3000];
    snprintf(headers, sizeof headers, "Location: %s\r\n%s", to, more);
    return answer(a, 302, headers, "there", 5);
}

static void wait_for_the_other_end(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
}

static bool endless(const struct asked *a, enum hub_fault fault)
{
    char block[8192];
    memset(block, 'x', sizeof block);
    memcpy(block, "X-More: ", 8);
    block[sizeof block - 2] = '\r', block[sizeof block - 1] = '\n';
    const char *head = fault == HUB_HEADERS ? "HTTP/1.1 200 X\r\n" : "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n";
    if (send_all(a->fd, head, strlen(head)))
        while (send_all(a->fd, block, sizeof block)) {
        }
    return false;
}

static bool trickle(int fd, const char *bytes, size_t n)
{
    while (n) {
        size_t piece = n < 100 ? n : 100;
        if (!send_all(fd, bytes, piece))
            return false;
        bytes += piece;
        n -= piece;
        usleep(20000);
    }
    return true;
}

/* The bytes of a file from where they are asked for. */
static bool give(const struct asked *a, const struct hub_served *file, enum hub_fault fault, const char *headers)
{
    char more[1200], head[2000];
    size_t from = a->ranged && fault != HUB_NO_RANGE ? a->from : 0, n = file->n - (from < file->n ? from : file->n);
    size_t sent = fault == HUB_CUT || fault == HUB_SLOW || fault == HUB_SHORT ? n / 2 : n;
    size_t said = fault == HUB_LONGER ? n + 1 : fault == HUB_SHORT ? sent : n;
    bool part = a->ranged && fault != HUB_NO_RANGE;
    if (fault == HUB_ENDLESS || fault == HUB_HEADERS)
        return endless(a, fault);
    snprintf(more, sizeof more, "Accept-Ranges: bytes\r\n%s", headers);
    if (part)
        snprintf(more + strlen(more), sizeof more - strlen(more), "Content-Range: bytes %zu-%zu/%zu\r\n",
                 from + (fault == HUB_OTHER_RANGE), file->n - 1, file->n);
    int length = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", part ? 206 : 200,
                          said + (a->head && fault == HUB_LIE), more);
    if (!send_all(a->fd, head, (size_t)length) || a->head)
        return a->head;
    char *bytes = malloc(n + 2);
    must(bytes != NULL, "malloc");
    memcpy(bytes, (const char *)file->bytes + from, n);
    bytes[n] = 'x';
    if (fault == HUB_WRONG && n)
        bytes[n / 2] ^= 1;
    bool ok = fault == HUB_TRICKLE ? trickle(a->fd, bytes, n) : send_all(a->fd, bytes, fault == HUB_LONGER ? n + 1 : sent);
    free(bytes);
    if (fault == HUB_SLOW)
        wait_for_the_other_end(a->fd);
    return ok && fault != HUB_CUT && fault != HUB_SLOW;
}

/* ---- paths ---- */

static const struct hub_served *file_named(const char *name)
{
    for (size_t i = 0; i < server.n; i++)
        if (strcmp(server.files[i].name, name) == 0)
            return &server.files[i];
    return NULL;
}

static bool give_list(const struct asked *a)
{
    char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "{\"id\":\"org/name\",\"sha\":\"" HUB_COMMIT "\",\"siblings\":[");
    for (size_t i = 0; i < server.n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s{\"rfilename\":\"%s\"}", i ? "," : "", server.files[i].name);
    n += (size_t)snprintf(text + n, sizeof text - n, "]}");
    const struct hub_served list = {
        .name = "list", .bytes = server.list ? server.list : text, .n = server.list ? strlen(server.list) : n};
    return give(a, &list, fault_of(a, "list", false) == HUB_ENDLESS ? HUB_ENDLESS : HUB_WELL,
                "Content-Type: application/json\r\n");
}

/* Faults that are answers of their own; false: none of them. */
static bool goes_elsewhere(const struct asked *a, enum hub_fault fault, bool *ok)
{
    char to[1200];
    if (fault == HUB_STATUS)
        *ok = refuse(a, server.status, server.code, server.after);
    else if (fault == HUB_AWAY)
        *ok = redirect(a, server.location, "");
    else if (fault == HUB_MOVED || fault == HUB_CIRCLE) {
        int port = a->other ? server.port : server.other_port;
        if (fault == HUB_MOVED)
            snprintf(to, sizeof to, "/moved%s", a->path);
        else
            snprintf(to, sizeof to, "http://127.0.0.1:%d%s", port, a->path);
        *ok = redirect(a, to, "ETag: W/\"of-the-redirect\"\r\n");
    } else
        return false;
    return true;
}

static bool give_file(const struct asked *a, const char *name)
{
    const struct hub_served *file = file_named(name);
    enum hub_fault fault = fault_of(a, name, file && file->large && !a->other);
    char headers[600], to[1200];
    bool ok;
    if (goes_elsewhere(a, fault, &ok))
        return ok;
    if (!file)
        return refuse(a, 404, "EntryNotFound", 0);
    const char *etag = fault == HUB_NO_HASH ? "../../etc/passwd" : hub_server_etag(file);
    const char *commit = fault == HUB_OTHER_COMMIT ? "89abcdef0123456789abcdef0123456789abcdef" : HUB_COMMIT;
    if (file->large && !a->other) {
        snprintf(headers, sizeof headers,
                 "X-Repo-Commit: %s\r\nX-Linked-Etag: \"%s\"\r\nX-Linked-Size: %zu\r\nETag: \"of-this\"\r\n", commit, etag,
                 file->n + (fault == HUB_LIE));
        snprintf(to, sizeof to, "http://127.0.0.1:%d/store/%s?signature=of-the-store", server.other_port, name);
        return redirect(a, to, headers);
    }
    if (file->large)
        snprintf(headers, sizeof headers, "ETag: \"of-the-store\"\r\n");
    else
        snprintf(headers, sizeof headers, "X-Repo-Commit: %s\r\nETag: W/\"%s\"\r\n", commit, etag);
    return give(a, file, fault, headers);
}

static bool respond(const struct asked *a)
{
    static const char list[] = "/api/models/org/name/revision/", resolve[] = "/org/name/resolve/" HUB_COMMIT "/",
                      store[] = "/store/";
    const char *path = strncmp(a->path, "/moved/", 7) == 0 ? a->path + 6 : a->path, *revision = path + sizeof list - 1;
    bool ok;
    if (strncmp(path, list, sizeof list - 1) == 0) {
        bool known = strcmp(revision, "main") == 0 || strcmp(revision, "v1") == 0 || strcmp(revision, "refs%2Fpr%2F1") == 0 ||
                     strcmp(revision, HUB_COMMIT) == 0;
        bool moved = path != a->path;
        if (!moved && server.times && strcmp(server.where, "list") == 0 && server.fault != HUB_ENDLESS &&
            goes_elsewhere(a, fault_of(a, "list", false), &ok))
            return ok;
        return known ? give_list(a) : refuse(a, 404, "RevisionNotFound", 0);
    }
    char name[1024];
    snprintf(name, sizeof name, "%s",
             strncmp(path, resolve, sizeof resolve - 1) == 0           ? path + sizeof resolve - 1
             : a->other && strncmp(path, store, sizeof store - 1) == 0 ? path + sizeof store - 1
                                                                       : "");
    name[strcspn(name, "?")] = 0;
    return name[0] ? give_file(a, name) : refuse(a, 404, "RepoNotFound", 0);
}

/* ---- connections ---- */

/* The headers of one request. */
static bool read_request(struct asked *a)
{
    char text[8192];
    size_t n = 0;
    while (n < sizeof text - 1) {
        if (recv(a->fd, text + n, 1, 0) != 1)
            return false;
        text[++n] = 0;
        if (n >= 4 && strcmp(text + n - 4, "\r\n\r\n") == 0)
            break;
    }
    snprintf(a->token, sizeof a->token, "none");
    a->ranged = false;
    a->from = 0;
    if (sscanf(text, "%7s %1023s", a->method, a->path) != 2)
        return false;
    a->head = strcmp(a->method, "HEAD") == 0;
    for (char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n')) {
        if (strncasecmp(line + 1, "Authorization: Bearer ", 22) == 0)
            sscanf(line + 23, "%127s", a->token);
        else if (strncasecmp(line + 1, "Authorization:", 14) == 0)
            snprintf(a->token, sizeof a->token, "another");
        a->ranged = sscanf(line + 1, "Range: bytes=%zu-", &a->from) == 1 || a->ranged;
    }
    return true;
}

struct caller {
    int fd;
    bool other;
};

static void *serve(void *given)
{
    struct caller caller = *(struct caller *)given;
    struct asked a = {.fd = caller.fd, .other = caller.other};
    free(given);
    do {
        if (!read_request(&a))
            break;
        note(&a);
    } while (respond(&a));
    close(a.fd);
    return NULL;
}

static int listen_on(int *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, n) == 0 && listen(fd, 64) == 0 &&
             getsockname(fd, (struct sockaddr *)&address, &n) == 0,
         "a port");
    *port_out = ntohs(address.sin_port);
    return fd;
}

static void start_thread(void *(*run)(void *), void *given)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, run, given) == 0, "a thread");
    pthread_detach(thread);
}

static void *accept_all(void *given)
{
    struct caller listener = *(struct caller *)given;
    free(given);
    for (;;) {
        struct caller *caller = malloc(sizeof *caller);
        must(caller != NULL, "malloc");
        *caller = (struct caller){accept(listener.fd, NULL, NULL), listener.other};
        if (caller->fd >= 0)
            start_thread(serve, caller);
        else
            free(caller);
    }
    return NULL;
}

struct hub_server *hub_server_start(const struct hub_served *files, size_t n)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"};
    char endpoint[64];
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
        unsetenv(proxies[i]);
    server = (struct hub_server){.files = files, .n = n, .where = ""};
    for (int other = 0; other < 2; other++) {
        struct caller *listener = malloc(sizeof *listener);
        must(listener != NULL, "malloc");
        *listener = (struct caller){listen_on(other ? &server.other_port : &server.port), other};
        start_thread(accept_all, listener);
    }
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", server.port);
    setenv("HF_ENDPOINT", endpoint, 1);
    return &server;
}
