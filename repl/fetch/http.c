/* HTTP through libcurl. See http.h.
 *
 * It is loaded when it is first needed: it brings two dozen libraries, which would double the time in which the program starts.
 * The multi interface is used for one transfer at a time: its wait is short, so that Ctrl-C is seen whatever the server does. */
#include "repl/fetch/http.h"

#define CURL_DISABLE_TYPECHECK /* its macros call by name */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/cancel.h"
#include "repl/version.h"

enum { POLL_MS = 100, CONNECT_SECONDS = 30, PASSED_OVER = 64 * 1024 };

/* What is called of it. */
#define CALLS(ROW)                                                                                                               \
    ROW(curl_global_init)                                                                                                        \
    ROW(curl_global_cleanup)                                                                                                     \
    ROW(curl_version_info)                                                                                                       \
    ROW(curl_free)                                                                                                               \
    ROW(curl_easy_init) ROW(curl_easy_cleanup) ROW(curl_easy_reset) ROW(curl_easy_setopt) ROW(curl_easy_getinfo)                 \
        ROW(curl_easy_strerror) ROW(curl_slist_append) ROW(curl_slist_free_all) ROW(curl_multi_init) ROW(curl_multi_cleanup)     \
            ROW(curl_multi_add_handle) ROW(curl_multi_remove_handle) ROW(curl_multi_perform) ROW(curl_multi_poll)                \
                ROW(curl_multi_info_read) ROW(curl_url) ROW(curl_url_cleanup) ROW(curl_url_set) ROW(curl_url_get)
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
struct calls {
#define ROW(name) __typeof__(&name) name;
    CALLS(ROW)
#undef ROW
};

struct http {
    struct calls call;
    CURLM *multi;
    CURL *easy;
};

/* One transfer. */
struct transfer {
    const struct calls *call;
    const struct http_request *request;
    struct http_answer *answer;
    struct err *err;
    CURL *easy;
    size_t taken, passed;
    bool begun, failed, enough; /* failed: err is set; enough: the rest of the body is of no use */
};

static bool load(struct calls *out, struct err *err)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL); /* stays */
    if (!library)
        return err_set(err, ERR_UNSUPPORTED, "there is no libcurl here (libcurl.so.4, of the package libcurl4)");
    bool ok = true;
#define ROW(name) ok = (out->name = (__typeof__(out->name))dlsym(library, #name)) != NULL && ok;
    CALLS(ROW)
#undef ROW
    return ok || err_set(err, ERR_UNSUPPORTED, "the libcurl here is older than 7.66");
}

struct http *http_new(struct err *err)
{
    struct http *http = mem_new(1, sizeof *http, "a connection", err);
    if (!http)
        return NULL;
    if (!load(&http->call, err)) {
        free(http);
        return NULL;
    }
    if (http->call.curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        free(http);
        err_set(err, ERR_IO, "libcurl does not start");
        return NULL;
    }
    http->multi = http->call.curl_multi_init();
    http->easy = http->call.curl_easy_init();
    if (http->multi && http->easy)
        return http;
    http_free(http);
    err_memory(err, 0, "a connection");
    return NULL;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    http->call.curl_easy_cleanup(http->easy);
    http->call.curl_multi_cleanup(http->multi);
    http->call.curl_global_cleanup();
    free(http);
}

void http_answer_free(struct http_answer *answer)
{
    buf_free(&answer->headers);
    *answer = (struct http_answer){0};
}

const char *http_library(void)
{
    struct calls call = {0};
    return load(&call, NULL) ? call.curl_version_info(CURLVERSION_NOW)->version : "(not there)";
}

/* ---- addresses ---- */

static char *part_of(const struct calls *call, CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    return call->curl_url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

char *http_origin(const struct http *http, const char *address)
{
    const struct calls *call = &http->call;
    CURLU *url = call->curl_url();
    struct buf origin = {0};
    if (url && call->curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK) {
        char *scheme = part_of(call, url, CURLUPART_SCHEME, 0), *host = part_of(call, url, CURLUPART_HOST, 0);
        char *port = part_of(call, url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
        if (scheme && host && (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0))
            buf_printf(&origin, "%s://%s%s%s", scheme, host, port ? ":" : "", port ? port : "");
        call->curl_free(scheme);
        call->curl_free(host);
        call->curl_free(port);
    }
    call->curl_url_cleanup(url);
    for (size_t i = 0; i < origin.n; i++)
        if (origin.data[i] >= 'A' && origin.data[i] <= 'Z')
            origin.data[i] += 'a' - 'A';
    if (origin.n && !origin.failed)
        return origin.data;
    buf_free(&origin);
    return NULL;
}

char *http_resolve(const struct http *http, const char *address, struct str location)
{
    const struct calls *call = &http->call;
    CURLU *url = call->curl_url();
    char *to = mem_copy_str(location, NULL), *found = NULL, *copy = NULL;
    if (url && to && !memchr(location.s, 0, location.n) && call->curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK &&
        call->curl_url_set(url, CURLUPART_URL, to, 0) == CURLUE_OK)
        found = part_of(call, url, CURLUPART_URL, 0);
    if (found)
        copy = mem_copy_str(str_of(found), NULL);
    call->curl_free(found);
    call->curl_url_cleanup(url);
    free(to);
    return copy;
}

void http_quote(struct buf *out, struct str text, bool keep_slashes)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        if (c && (plain || (c == '/' && keep_slashes)))
            buf_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

/* ---- headers ---- */

struct str http_header(const struct http_answer *answer, const char *name)
{
    size_t n = strlen(name);
    struct str rest = buf_view(&answer->headers), found = {0};
    while (rest.n) {
        const char *end = memchr(rest.s, '\n', rest.n);
        size_t length = end ? (size_t)(end - rest.s) : rest.n;
        if (length > n && strncasecmp(rest.s, name, n) == 0 && rest.s[n] == ':') {
            found = (struct str){rest.s + n + 1, length - n - 1};
            while (found.n && (*found.s == ' ' || *found.s == '\t'))
                found.s++, found.n--;
            while (found.n && strchr(" \t\r", found.s[found.n - 1]))
                found.n--;
        }
        rest.s += length + (end != NULL);
        rest.n -= length + (end != NULL);
    }
    return found;
}

bool http_header_size(const struct http_answer *answer, const char *name, size_t *out)
{
    struct str text = http_header(answer, name);
    size_t value = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] < '0' || text.s[i] > '9' || !size_mul(value, 10, &value) ||
            !size_add(value, (size_t)(text.s[i] - '0'), &value))
            return false;
    *out = value;
    return text.n > 0;
}

/* ---- a transfer ---- */

static size_t on_header(char *bytes, size_t one, size_t n, void *context)
{
    struct transfer *t = context;
    (void)one;
    if (n >= 5 && memcmp(bytes, "HTTP/", 5) == 0) /* of the next response: after a proxy's, or a 100 */
        t->answer->headers.n = 0;
    if (t->answer->headers.n + n > HTTP_HEADERS) {
        t->failed = true;
        err_set(t->err, ERR_LIMIT, "sends headers without end");
        return 0;
    }
    buf_add(&t->answer->headers, bytes, n);
    return n;
}

static bool begin(struct transfer *t)
{
    if (t->begun)
        return true;
    t->begun = true;
    t->call->curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->answer->status);
    return !t->request->begin || t->request->begin(t->request->context, t->answer, t->err);
}

static bool is_wanted(long status)
{
    return status == 200 || status == 206;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *context)
{
    struct transfer *t = context;
    long status = 0;
    (void)one;
    t->call->curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_wanted(status)) {
        t->passed += n;
        t->enough = t->passed > PASSED_OVER;
        return t->enough ? n + 1 : n;
    }
    if (!begin(t)) {
        t->failed = true;
    } else if (n > t->request->limit - t->taken) {
        t->failed = true;
        err_set(t->err, ERR_LIMIT, "sends more than %zu bytes", t->request->limit);
    } else {
        t->taken += n;
        t->failed = !t->request->take(t->request->context, bytes, n, t->err);
    }
    return t->failed ? n + 1 : n; /* another count than n ends the transfer */
}

static void limit_protocols(const struct calls *call, CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    call->curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    call->curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* Certificates from where the environment says, in the order of Python's requests, which huggingface_hub asks with. */
static void choose_certificates(const struct calls *call, CURL *easy)
{
    static const char *const variables[] = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *path = getenv(variables[i]);
        if (path && *path) {
            call->curl_easy_setopt(easy, CURLOPT_CAINFO, path);
            return;
        }
    }
}

static void prepare(CURL *easy, struct transfer *t, struct curl_slist *headers, const char *range, char *problem)
{
    const struct http_request *request = t->request;
    const struct calls *call = t->call;
    call->curl_easy_reset(easy);
    limit_protocols(call, easy);
    choose_certificates(call, easy);
    call->curl_easy_setopt(easy, CURLOPT_URL, request->url);
    call->curl_easy_setopt(easy, CURLOPT_NOBODY, request->head ? 1L : 0L);
    call->curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    call->curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    call->curl_easy_setopt(easy, CURLOPT_USERAGENT, "gaze/" GAZE_VERSION);
    call->curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    call->curl_easy_setopt(easy, CURLOPT_RANGE, range);
    call->curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    call->curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    call->curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, request->stall > 1 ? (long)request->stall : 1L);
    call->curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(request->most * 1000));
    call->curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, problem);
    call->curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    call->curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    call->curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    call->curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
}

/* Run it to its end. False: Ctrl-C. */
static bool perform(struct http *http, CURLcode *result)
{
    int running = 1, left;
    *result = CURLE_RECV_ERROR;
    while (running) {
        if (cancel_requested())
            return false;
        if (http->call.curl_multi_perform(http->multi, &running) != CURLM_OK)
            return true;
        if (running && http->call.curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            return true;
    }
    for (CURLMsg *message; (message = http->call.curl_multi_info_read(http->multi, &left));)
        if (message->msg == CURLMSG_DONE)
            *result = message->data.result;
    return true;
}

/* What libcurl says, in front of it the host. */
static bool say_problem(struct transfer *t, const char *origin, CURLcode code, const char *problem)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT: t->answer->broken = t->answer->unreached = true; break;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: t->answer->broken = true; break;
    default: break;
    }
    return err_set(t->err, code == CURLE_OUT_OF_MEMORY ? ERR_MEMORY : ERR_IO, "%s: %s", origin,
                   *problem ? problem : t->call->curl_easy_strerror(code));
}

/* After the transfer: an answer, or why there is none. */
static bool finish(struct transfer *t, const char *origin, bool cancelled, CURLcode code, const char *problem)
{
    t->call->curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->answer->status);
    if (cancelled)
        return err_set(t->err, ERR_CANCELLED, "interrupted");
    if (t->failed)
        return t->err && t->err->code == ERR_LIMIT ? err_prefix(t->err, "%s: ", origin) : false;
    if (code != CURLE_OK && !t->enough)
        return say_problem(t, origin, code, problem);
    if (t->answer->headers.failed)
        return err_memory(t->err, HTTP_HEADERS, "headers");
    return !is_wanted(t->answer->status) || t->request->head || begin(t); /* an empty body begins too */
}

static struct curl_slist *more_header(const struct calls *call, struct curl_slist *headers, const char *line, bool *ok)
{
    struct curl_slist *longer = call->curl_slist_append(headers, line);
    *ok = *ok && longer;
    return longer ? longer : headers;
}

bool http_ask(struct http *http, const struct http_request *request, struct http_answer *answer, struct err *err)
{
    struct err mine = {0};
    const struct calls *call = &http->call;
    struct transfer t = {.call = call, .request = request, .answer = answer, .err = err ? err : &mine, .easy = http->easy};
    char problem[CURL_ERROR_SIZE] = "";
    struct buf bearer = {0}, range = {0};
    CURLcode code = CURLE_OK;
    bool ready = true, cancelled = false, ok = false;
    http_answer_free(answer);
    char *origin = http_origin(http, request->url);
    if (!origin)
        return err_set(err, ERR_ARG, "that is no address of http or https");
    struct curl_slist *headers = more_header(call, NULL, "Accept-Encoding: identity", &ready);
    if (request->token) {
        buf_printf(&bearer, "Authorization: Bearer %s", request->token);
        ready = buf_ok(&bearer, NULL) && ready;
        headers = more_header(call, headers, buf_cstr(&bearer), &ready);
    }
    if (request->from)
        buf_printf(&range, "%zu-", request->from);
    if (!ready || !buf_ok(&range, NULL)) {
        err_memory(err, 0, "a request");
    } else {
        prepare(http->easy, &t, headers, range.n ? range.data : NULL, problem);
        call->curl_multi_add_handle(http->multi, http->easy);
        cancelled = !perform(http, &code);
#if LIBCURL_VERSION_NUM >= 0x075700
        if (cancelled) /* a name that is being looked up is not waited for */
            call->curl_easy_setopt(http->easy, CURLOPT_QUICK_EXIT, 1L);
#endif
        ok = finish(&t, origin, cancelled, code, problem);
        call->curl_multi_remove_handle(http->multi, http->easy);
        call->curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, NULL);
        call->curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, NULL);
    }
    call->curl_slist_free_all(headers);
    buf_free(&bearer);
    buf_free(&range);
    free(origin);
    return ok;
}
