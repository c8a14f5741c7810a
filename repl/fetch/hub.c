/* Questions to a hub. See hub.h. */
#include "repl/fetch/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/cancel.h"

enum { MOST_HOPS = 10, MOST_LIST = 32 * 1024 * 1024, LIST_SECONDS = 120, LONGEST_WAIT = 60 };

/* ---- names ---- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool has(struct str text, const char *part)
{
    return memmem(text.s, text.n, part, strlen(part)) != NULL;
}

static bool is_id(struct str id)
{
    size_t slashes = 0;
    for (size_t i = 0; i < id.n; i++) {
        slashes += id.s[i] == '/';
        bool edge = i == 0 || i + 1 == id.n || id.s[i - 1] == '/' || id.s[i + 1] == '/';
        if (!(id.s[i] == '/' && i && i + 1 < id.n) && !(is_plain(id.s[i]) && !(edge && (id.s[i] == '.' || id.s[i] == '-'))))
            return false;
    }
    return id.n > 0 && id.n <= 96 && slashes <= 1 && !has(id, "--") && !has(id, "..");
}

/* As git allows names of branches, as far as they are paths. */
static bool is_revision(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.s[i] <= ' ' || name.s[i] == 0x7f || strchr("\\~^:?*[", name.s[i]) ||
            (name.s[i] == '.' && (i == 0 || name.s[i - 1] == '/')))
            return false;
    return name.n > 0 && name.n <= 200 && name.s[0] != '/' && name.s[name.n - 1] != '/' && !has(name, "..") && !has(name, "//");
}

bool hub_check(const struct hub_model *model, struct err *err)
{
    if (!is_id(model->id))
        return err_set(err, ERR_ARG, "\"%.*s\" is no id of a hub: ORG/NAME, of letters, digits, - _ .", STR_ARGS(model->id));
    return is_revision(model->revision) ||
           err_set(err, ERR_ARG, "\"%.*s\" is no name of a branch, a tag or a commit", STR_ARGS(model->revision));
}

void hub_hide(const struct hub *hub, char *text)
{
    enum { SHORTEST = 6 }; /* shorter ones are parts of words */
    size_t n = hub->token ? strlen(hub->token) : 0;
    for (char *at = text; n >= SHORTEST && (at = strstr(at, hub->token)); at += n)
        memset(at, '*', n);
}

/* ---- answers that are none ---- */

static bool is_busy(long status)
{
    return status == 408 || status == 429 || status >= 500;
}

static double asked_wait(const struct http_answer *answer)
{
    size_t seconds;
    return http_header_size(answer, "Retry-After", &seconds) ? (double)seconds : 0;
}

/* Why it was not given. Nothing of the server's own text is told: it may repeat what was sent to it. */
static bool refuse(const struct hub *hub, const struct hub_model *model, struct str file, const struct http_answer *answer,
                   struct err *err)
{
    struct str code = http_header(answer, "X-Error-Code"), id = model->id;
    long status = answer->status;
    if (str_is(code, "GatedRepo") || status == 403)
        return err_set(err, ERR_NOT_FOUND, "%.*s is gated or private (%ld): ask for access at %s/%.*s%s", STR_ARGS(id), status,
                       hub->origin, STR_ARGS(id), hub->token ? "; the token given has none" : ", then give a token in HF_TOKEN");
    if (status == 401)
        return err_set(err, ERR_NOT_FOUND, "%.*s: %s (401)", STR_ARGS(id),
                       hub->token ? "there is no such model that the token given may see"
                                  : "there is no such model, or it is private: then give a token in HF_TOKEN");
    if (str_is(code, "RevisionNotFound"))
        return err_set(err, ERR_NOT_FOUND, "%.*s has no revision \"%.*s\" (%ld)", STR_ARGS(id), STR_ARGS(model->revision),
                       status);
    if (status == 404 && file.n)
        return err_set(err, ERR_NOT_FOUND, "%.*s: %.*s is not there (404)", STR_ARGS(id), STR_ARGS(file));
    if (status == 404)
        return err_set(err, ERR_NOT_FOUND, "%s has no model %.*s, or not in revision \"%.*s\" (404)", hub->origin, STR_ARGS(id),
                       STR_ARGS(model->revision));
    double after = asked_wait(answer);
    if (status == 429 && after > 0)
        return err_set(err, ERR_IO, "%s wants fewer requests (429): try again in %.0f s", hub->origin, after);
    if (status == 429)
        return err_set(err, ERR_IO, "%s wants fewer requests (429): try again later, or with a token in HF_TOKEN", hub->origin);
    return err_set(err, ERR_IO, "%s cannot answer for %.*s now (%ld)", hub->origin, STR_ARGS(file.n ? file : id), status);
}

/* ---- a chain of redirects ---- */

struct chain {
    char *url;
    bool away; /* a redirect has led to another scheme, host or port: no token from here on */
    size_t hops;
};

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool follow(const struct hub *hub, struct chain *chain, const struct http_answer *answer, struct err *err)
{
    char *to = http_resolve(hub->http, chain->url, http_header(answer, "Location"));
    char *origin = to ? http_origin(hub->http, to) : NULL;
    bool ok = false;
    if (!origin)
        err_set(err, ERR_IO, "%s redirects to what is no address of http or https (%ld)", hub->origin, answer->status);
    else if (++chain->hops > MOST_HOPS)
        err_set(err, ERR_IO, "%s redirects in circles, or more than %d times", hub->origin, MOST_HOPS);
    else if (strncmp(chain->url, "https:", 6) == 0 && strncmp(origin, "http:", 5) == 0)
        err_set(err, ERR_IO, "%s redirects from https to %s, which is not encrypted: not followed", hub->origin, origin);
    else
        ok = true;
    if (ok) {
        chain->away = chain->away || strcmp(origin, hub->origin) != 0;
        free(chain->url);
        chain->url = to;
    } else {
        free(to);
    }
    free(origin);
    return ok;
}

/* Ask along redirects until one answer is none, or `look` has seen enough. One try. */
static bool ask(struct hub *hub, const char *url, struct http_request request,
                bool (*look)(void *context, const struct http_answer *answer), void *context, struct http_answer *answer,
                struct err *err)
{
    struct chain chain = {.url = mem_copy_str(str_of(url), err)};
    bool ok = chain.url != NULL;
    request.stall = hub->stall;
    while (ok) {
        request.url = chain.url;
        request.token = chain.away ? NULL : hub->token;
        ok = http_ask(hub->http, &request, answer, err);
        if (!ok || (look && look(context, answer)) || !is_redirect(answer->status))
            break;
        ok = follow(hub, &chain, answer, err);
    }
    free(chain.url);
    return ok;
}

bool hub_wait(const struct hub *hub, size_t tried, double after, struct err *err)
{
    if (tried >= hub->tries || after > LONGEST_WAIT)
        return false;
    double seconds = hub->pause;
    for (size_t i = 1; i < tried; i++)
        seconds *= 2;
    if (seconds < after)
        seconds = after;
    if (hub->say)
        hub->say(hub->context, err ? err->message : "", seconds);
    for (long ms = (long)(seconds * 1000); ms > 0; ms -= 100) {
        struct timespec part = {.tv_nsec = (ms < 100 ? ms : 100) * 1000000};
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "interrupted");
        nanosleep(&part, NULL);
    }
    err_clear(err);
    return true;
}

/* The same with further tries while the server is busy or the connection broken; other answers than 200 are errors, unless `look`
 * has seen what it wants. */
static bool ask_again(struct hub *hub, const struct hub_model *model, struct str file, const char *url,
                      struct http_request request, bool (*look)(void *, const struct http_answer *), struct http_answer *answer,
                      struct err *err)
{
    for (size_t tried = 1;; tried++) {
        bool ok = ask(hub, url, request, look, request.context, answer, err),
             enough = ok && look && look(request.context, answer);
        if (ok && (answer->status == 200 || enough))
            return true;
        bool again =
            ok ? is_busy(answer->status) : answer->broken && !answer->unreached; /* a hub that is not there is told at once */
        if (ok)
            refuse(hub, model, file, answer, err);
        if (!again || !hub_wait(hub, tried, ok ? asked_wait(answer) : 0, err))
            return false;
    }
}

/* ---- the questions ---- */

static bool begin_list(void *context, const struct http_answer *answer, struct err *err)
{
    (void)answer, (void)err;
    ((struct buf *)context)->n = 0;
    return true;
}

static bool take_list(void *context, const void *bytes, size_t n, struct err *err)
{
    buf_add(context, bytes, n);
    return buf_ok(context, err);
}

bool hub_revision(struct hub *hub, const struct hub_model *model, char commit_out[HASH_HEX + 1], struct json **list_out,
                  struct err *err)
{
    struct buf url = {0}, text = {0};
    struct http_answer answer = {0};
    buf_printf(&url, "%s/api/models/", hub->endpoint);
    http_quote(&url, model->id, true);
    buf_puts(&url, "/revision/");
    http_quote(&url, model->revision, false);
    *list_out = NULL;
    const struct http_request request = {
        .limit = MOST_LIST, .most = LIST_SECONDS, .begin = begin_list, .take = take_list, .context = &text};
    bool ok = buf_ok(&url, err) && ask_again(hub, model, (struct str){0}, buf_cstr(&url), request, NULL, &answer, err);
    if (ok && !(*list_out = json_parse(buf_view(&text), hub->origin, 0, NULL))) /* where it fails, it quotes the text */
        ok = err_set(err, ERR_FORMAT, "%s does not answer as a hub: the list of files of %.*s is no JSON", hub->origin,
                     STR_ARGS(model->id));
    struct str sha = json_str(json_get(*list_out, "sha"), "");
    if (ok && (!hash_is_text(sha, 40) || !json_is_array(json_get(*list_out, "siblings"))))
        ok = err_set(err, ERR_FORMAT, "%s does not answer as a hub: no commit (\"sha\") or no files (\"siblings\") of %.*s",
                     hub->origin, STR_ARGS(model->id));
    if (ok) {
        memcpy(commit_out, sha.s, sha.n);
        commit_out[sha.n] = 0;
    } else {
        json_free(*list_out);
        *list_out = NULL;
    }
    http_answer_free(&answer);
    buf_free(&url);
    buf_free(&text);
    return ok;
}

static bool file_url(const struct hub *hub, const struct hub_model *model, struct str name, struct buf *url, struct err *err)
{
    buf_printf(url, "%s/", hub->endpoint);
    http_quote(url, model->id, true);
    buf_puts(url, "/resolve/");
    http_quote(url, model->revision, false);
    buf_char(url, '/');
    http_quote(url, name, true);
    return buf_ok(url, err);
}

/* What the answers on the way to a file said of it; the first that says a thing counts, which is the hub's own. */
struct seen {
    char etag[200], commit[64];
    size_t size;
    bool sized;
};

static void keep_text(char *to, size_t capacity, struct str text)
{
    if (to[0] || !text.n || text.n >= capacity)
        return;
    memcpy(to, text.s, text.n);
    to[text.n] = 0;
}

static bool look_at_file(void *context, const struct http_answer *answer)
{
    struct seen *seen = context;
    if (answer->status >= 400)
        return false;
    struct str etag = http_header(answer, "X-Linked-Etag");
    bool within = is_redirect(answer->status) && str_starts(http_header(answer, "Location"), STR("/"));
    if (!etag.n && !within) /* that of a redirect within the hub is of the redirect itself */
        etag = http_header(answer, "ETag");
    if (str_starts(etag, STR("W/")))
        etag.s += 2, etag.n -= 2;
    if (etag.n >= 2 && etag.s[0] == '"' && etag.s[etag.n - 1] == '"')
        etag.s++, etag.n -= 2;
    keep_text(seen->etag, sizeof seen->etag, etag);
    keep_text(seen->commit, sizeof seen->commit, http_header(answer, "X-Repo-Commit"));
    if (!seen->sized)
        seen->sized = http_header_size(answer, "X-Linked-Size", &seen->size) ||
                      (answer->status == 200 && http_header_size(answer, "Content-Length", &seen->size));
    return seen->etag[0] && seen->sized;
}

bool hub_look(struct hub *hub, const struct hub_model *model, struct str name, struct hub_file *out, struct err *err)
{
    struct buf url = {0};
    struct http_answer answer = {0};
    struct seen seen = {0};
    const struct http_request request = {.head = true, .most = LIST_SECONDS, .context = &seen};
    bool ok =
        file_url(hub, model, name, &url, err) && ask_again(hub, model, name, buf_cstr(&url), request, look_at_file, &answer, err);
    struct str etag = str_of(seen.etag);
    if (ok && seen.commit[0] && !str_is(model->revision, seen.commit))
        ok = err_set(err, ERR_FORMAT, "%.*s: %s gives it of another commit than %.*s", STR_ARGS(name), hub->origin,
                     STR_ARGS(model->revision));
    if (ok && !seen.sized)
        ok = err_set(err, ERR_FORMAT, "%.*s: %s does not say its size", STR_ARGS(name), hub->origin);
    if (ok && !hash_is_text(etag, 40) && !hash_is_text(etag, 64))
        ok = err_set(err, ERR_FORMAT, "%.*s: %s gives no SHA-1 or SHA-256 to check it by (ETag)", STR_ARGS(name), hub->origin);
    if (ok) {
        memcpy(out->etag, etag.s, etag.n + 1);
        out->size = seen.size;
    }
    http_answer_free(&answer);
    buf_free(&url);
    return ok;
}

bool hub_get(struct hub *hub, const struct hub_model *model, struct str name, struct http_request request, bool *again_out,
             double *after_out, struct err *err)
{
    struct buf url = {0};
    struct http_answer answer = {0};
    bool ok = file_url(hub, model, name, &url, err) && ask(hub, buf_cstr(&url), request, NULL, NULL, &answer, err);
    *after_out = ok ? asked_wait(&answer) : 0;
    *again_out = ok ? is_busy(answer.status) : answer.broken;
    if (ok && answer.status != 200 && answer.status != 206)
        ok = refuse(hub, model, name, &answer, err);
    http_answer_free(&answer);
    buf_free(&url);
    return ok;
}
