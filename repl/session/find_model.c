/* The folder that a model's name means: a path, $GAZE_MODELS, the models beside the program, the Hugging Face cache.
 *
 * The cache is read in place: models--ORG--NAME/refs/main names a revision, snapshots/REVISION holds its files as links
 * to blobs (huggingface_hub, "Understand caching"). Nothing is fetched here: `pull` writes the cache (repl/fetch). */
#include "repl/session/find_model.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repl/grammar/suggest.h"

enum { MAX_FOLDERS = 64 };

/* Folders whose sub-folders are models. */
struct places {
    char *folder[MAX_FOLDERS];
    size_t n;
};

static void places_add(struct places *places, const char *folder, size_t length)
{
    if (!length || places->n == MAX_FOLDERS)
        return;
    char *copy = mem_copy_str((struct str){folder, length}, NULL);
    if (copy)
        places->folder[places->n++] = copy;
}

static void places_free(struct places *places)
{
    for (size_t i = 0; i < places->n; i++)
        free(places->folder[i]);
}

/* How many of them are $GAZE_MODELS', which come first. */
static size_t places_list(const struct session *session, struct places *places)
{
    *places = (struct places){0};
    for (const char *at = getenv("GAZE_MODELS"); at && *at;) {
        size_t n = strcspn(at, ":");
        places_add(places, at, n);
        at += n + (at[n] == ':');
    }
    size_t own = places->n;
    char *program = session->program ? realpath(session->program, NULL) : NULL;
    char *slash = program ? strrchr(program, '/') : NULL;
    if (slash) {
        static const char *const beside[] = {"/../examples/models", "/../share/gaze/models"};
        for (size_t i = 0; i < 2; i++) {
            struct buf folder = {0};
            buf_add(&folder, program, (size_t)(slash - program));
            buf_puts(&folder, beside[i]);
            char *real = buf_ok(&folder, NULL) ? realpath(buf_cstr(&folder), NULL) : NULL;
            if (real)
                places_add(places, real, strlen(real));
            free(real);
            buf_free(&folder);
        }
    }
    free(program);
    return own;
}

char *find_from_variable(const char *variable, const char *rest)
{
    const char *value = getenv(variable), *home = getenv("HOME");
    if (!value || !*value)
        return NULL;
    char *expanded = value[0] == '~' && (value[1] == '/' || !value[1]) && home
                         ? path_join(home, value + 1 + (value[1] == '/'), NULL)
                         : mem_copy_str(str_of(value), NULL);
    char *path = expanded && rest ? path_join(expanded, rest, NULL) : expanded;
    if (path != expanded)
        free(expanded);
    return path;
}

/* Where the cache may be, in the order in which it is looked at: the first that is set of huggingface_hub's own variables; then
 * those of older versions of transformers, which reads them still (utils/hub.py). */
static const struct {
    const char *variable, *rest;
    bool own; /* huggingface_hub's */
} caches[] = {
    {"HF_HUB_CACHE", NULL, true},
    {"HUGGINGFACE_HUB_CACHE", NULL, true},
    {"HF_HOME", "hub", true},
    {"XDG_CACHE_HOME", "huggingface/hub", true},
    {"HOME", ".cache/huggingface/hub", true},
    {"TRANSFORMERS_CACHE", NULL, false},
    {"PYTORCH_TRANSFORMERS_CACHE", NULL, false},
    {"PYTORCH_PRETRAINED_BERT_CACHE", NULL, false},
};

char *find_hub_cache(void)
{
    char *found = NULL;
    for (size_t i = 0; !found && caches[i].own; i++)
        found = find_from_variable(caches[i].variable, caches[i].rest);
    return found;
}

/* All of them, each once. */
static void caches_list(struct places *out)
{
    *out = (struct places){0};
    char *own = find_hub_cache();
    if (own)
        out->folder[out->n++] = own;
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
        char *one = caches[i].own ? NULL : find_from_variable(caches[i].variable, caches[i].rest);
        bool again = false;
        for (size_t k = 0; one && k < out->n; k++)
            again = again || strcmp(out->folder[k], one) == 0;
        if (one && !again)
            out->folder[out->n++] = one;
        else
            free(one);
    }
}

/* ---- the cache ---- */

/* The commit that refs/NAME gives: one line, no slash. NULL where there is none. */
static char *read_revision(const char *repository, const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/refs/%s", repository, name);
    FILE *f = buf_ok(&path, NULL) ? fopen(buf_cstr(&path), "re") : NULL;
    buf_free(&path);
    if (!f)
        return NULL;
    char line[256];
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = 0;
    n = strcspn(line, " \t\r\n/");
    return n ? mem_copy_str((struct str){line, n}, NULL) : NULL;
}

static char *snapshot(const char *repository, const char *revision)
{
    struct buf path = {0};
    buf_printf(&path, "%s/snapshots/%s", repository, revision);
    if (buf_ok(&path, NULL) && file_is_folder(buf_cstr(&path)))
        return path.data;
    buf_free(&path);
    return NULL;
}

/* The first snapshot by name: for a cache that has no refs/main (a download by revision). */
static char *any_snapshot(const char *repository)
{
    char *folder = path_join(repository, "snapshots", NULL), *best = NULL;
    DIR *dir = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && (!best || strcmp(entry->d_name, best) < 0)) {
            free(best);
            best = mem_copy_str(str_of(entry->d_name), NULL);
        }
    if (dir)
        closedir(dir);
    char *found = best ? snapshot(repository, best) : NULL;
    free(best);
    free(folder);
    return found;
}

/* ORG/NAME or NAME, perhaps @REVISION, in the cache; NULL where it is not. */
static char *find_in_hub(const char *hub, struct str id)
{
    const char *at = memchr(id.s, '@', id.n);
    size_t length = at ? (size_t)(at - id.s) : id.n;
    struct buf path = {0};
    buf_printf(&path, "%s/models--", hub);
    for (size_t i = 0; i < length; i++)
        buf_puts(&path, id.s[i] == '/' ? "--" : (char[]){id.s[i], 0});
    char *found = NULL;
    if (buf_ok(&path, NULL) && file_is_folder(buf_cstr(&path))) {
        char *asked = at ? mem_copy_str((struct str){at + 1, id.n - length - 1}, NULL) : NULL;
        char *revision = read_revision(buf_cstr(&path), asked ? asked : "main");
        if (revision)
            found = snapshot(buf_cstr(&path), revision);
        if (!found && asked)
            found = snapshot(buf_cstr(&path), asked);
        if (!found && !asked)
            found = any_snapshot(buf_cstr(&path));
        free(revision);
        free(asked);
    }
    buf_free(&path);
    return found;
}

/* What stands behind the @: a branch, a tag or a commit, and nothing that climbs out of a folder. */
static bool is_revision(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.s[i] <= ' ' || name.s[i] == '\\' || (name.s[i] == '.' && (!i || name.s[i - 1] == '/')))
            return false;
    return name.n > 0 && name.s[0] != '/';
}

/* Letters, digits, . _ - and one slash: an id of the hub, perhaps @REVISION, and nothing that climbs out of a folder. */
static bool is_id(struct str name)
{
    size_t slashes = 0;
    const char *at = name.n ? memchr(name.s, '@', name.n) : NULL;
    if (at && !is_revision((struct str){at + 1, (size_t)(name.s + name.n - at - 1)}))
        return false;
    if (at)
        name.n = (size_t)(at - name.s);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        bool dot = c == '.' && i && name.s[i - 1] != '/';
        slashes += c == '/';
        if (!plain && !dot && !(c == '/' && i && i + 1 < name.n))
            return false;
    }
    return name.n > 0 && slashes <= 1;
}

/* ---- looking ---- */

/* Does a folder hold anything of a model? */
static bool holds_model(const char *folder)
{
    static const char *const files[] = {"config.json", "tokenizer.json", "vocab.txt", "vocab.json", "tokenizer_config.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = path_join(folder, files[i], NULL);
        bool there = path && file_exists(path);
        free(path);
        if (there)
            return true;
    }
    return false;
}

struct visitor {
    void (*visit)(void *context, const struct found_model *found);
    void *context;
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Visit the models that one folder holds. */
static void visit_model(const char *folder, const char *name, bool own, const struct visitor *visitor)
{
    char *path = name[0] == '.' ? NULL : path_join(folder, name, NULL);
    if (path && holds_model(path)) {
        const struct found_model found = {str_of(name), own ? FOUND_OWN : FOUND_EMBEDDED, path, NULL};
        visitor->visit(visitor->context, &found);
    }
    free(path);
}

/* A repository of a cache: models--ORG--NAME. */
static void visit_repository(const char *hub, const char *entry, const struct visitor *visitor)
{
    if (strncmp(entry, "models--", 8) != 0)
        return;
    struct buf name = {0};
    const char *org = entry + 8, *dash = strstr(org, "--");
    buf_printf(&name, "%.*s%s%s", dash ? (int)(dash - org) : (int)strlen(org), org, dash ? "/" : "", dash ? dash + 2 : "");
    char *repository = path_join(hub, entry, NULL), *folder = find_in_hub(hub, buf_view(&name));
    if (name.n && repository) {
        const struct found_model found = {buf_view(&name), FOUND_CACHE, folder, repository};
        visitor->visit(visitor->context, &found);
    }
    free(repository);
    free(folder);
    buf_free(&name);
}

/* Visit what a folder of models or a cache holds, by name. */
static void visit_folder(const char *folder, bool own, bool is_hub, const struct visitor *visitor)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        if (is_hub)
            visit_repository(folder, entries[i]->d_name, visitor);
        else
            visit_model(folder, entries[i]->d_name, own, visitor);
        free(entries[i]);
    }
    free(entries);
}

void find_each_folder(const struct session *session, void (*visit)(void *context, const struct found_model *found), void *context)
{
    const struct visitor visitor = {visit, context};
    struct places places, hubs;
    size_t own = places_list(session, &places);
    caches_list(&hubs);
    for (size_t i = 0; i < places.n; i++)
        visit_folder(places.folder[i], i < own, false, &visitor);
    for (size_t i = 0; i < hubs.n; i++)
        visit_folder(hubs.folder[i], false, true, &visitor);
    places_free(&places);
    places_free(&hubs);
}

struct name_visitor {
    void (*visit)(void *context, struct str name);
    void *context;
};

static void visit_name(void *context, const struct found_model *found)
{
    const struct name_visitor *visitor = context;
    visitor->visit(visitor->context, found->name);
}

void find_each_model(const struct session *session, void (*visit)(void *context, struct str name), void *context)
{
    find_each_folder(session, visit_name, &(struct name_visitor){visit, context});
}

struct near {
    struct suggestion suggestion;
    char best[256]; /* a visited name lives only for the visit */
};

static void offer(void *context, struct str name)
{
    struct near *near = context;
    struct str before = near->suggestion.best;
    suggest_offer(&near->suggestion, name);
    if (near->suggestion.best.s != before.s && name.n < sizeof near->best) {
        memcpy(near->best, name.s, name.n);
        near->suggestion.best = (struct str){near->best, name.n};
    }
}

/* "the Hugging Face cache A or B" */
static void put_caches(const struct places *hubs, struct buf *out)
{
    for (size_t i = 0; i < hubs->n; i++)
        buf_printf(out, "%s%s", i ? " or " : "", hubs->folder[i]);
    if (!hubs->n)
        buf_puts(out, "(no HOME)");
}

/* A link of that name that cannot be followed: an error that says so. */
static bool is_broken_link(struct str name, struct err *err)
{
    struct stat st;
    char *path = mem_copy_str(name, NULL);
    bool broken = path && lstat(path, &st) == 0 && stat(path, &st) != 0;
    if (broken)
        err_errno(err, path, "a link that leads nowhere");
    free(path);
    return broken;
}

static bool not_found(const struct session *session, struct str name, const struct places *hubs, struct err *err)
{
    if (is_broken_link(name, err))
        return false;
    struct buf hub = {0};
    struct near near;
    suggest_begin(&near.suggestion, name);
    find_each_model(session, offer, &near);
    if (memchr(name.s, '/', name.n) == NULL || !is_id(name)) {
        bool path = !is_id(name);
        err_set(err, ERR_NOT_FOUND, path ? "%.*s: no such file or folder" : "no model \"%.*s\"", STR_ARGS(name));
        if (near.suggestion.best.n)
            return suggest_add(&near.suggestion, "", "", err);
        if (path)
            return false;
        struct buf looked = {0};
        struct places places;
        places_list(session, &places);
        for (size_t i = 0; i < places.n; i++)
            buf_printf(&looked, ", %s", places.folder[i]);
        places_free(&places);
        put_caches(hubs, &hub);
        err_set(err, ERR_NOT_FOUND,
                "no model \"%.*s\": neither here nor in $GAZE_MODELS%s nor in the Hugging Face cache %s; if the hub has it, this "
                "fetches it: pull %.*s",
                STR_ARGS(name), buf_cstr(&looked), buf_cstr(&hub), STR_ARGS(name));
        buf_free(&looked);
        buf_free(&hub);
        return false;
    }
    put_caches(hubs, &hub);
    err_set(err, ERR_NOT_FOUND, "%.*s is not in the Hugging Face cache %s; if the hub has it, this fetches it: pull %.*s",
            STR_ARGS(name), buf_cstr(&hub), STR_ARGS(name));
    buf_free(&hub);
    return near.suggestion.best.n ? suggest_add(&near.suggestion, "", "", err) : false;
}

/* A path as it stands, where it is one. A bare name whose folder holds no model is only the last resort. */
static char *find_path(struct str name, bool *weak, struct err *err)
{
    char *path = mem_copy_str(name, err);
    if (path && file_exists(path)) {
        *weak = !memchr(name.s, '/', name.n) && file_is_folder(path) && !holds_model(path);
        return path;
    }
    free(path);
    return NULL;
}

char *session_find_model(const struct session *session, struct str name, struct err *err)
{
    err_clear(err);
    if (!name.n || memchr(name.s, 0, name.n)) {
        err_set(err, ERR_ARG, "a model's name is empty or holds a NUL");
        return NULL;
    }
    bool weak = false;
    char *last_resort = find_path(name, &weak, err), *found = weak ? NULL : last_resort;
    if (found || (err && err->code))
        return found;
    struct places hubs;
    caches_list(&hubs);
    if (is_id(name)) {
        struct places places;
        places_list(session, &places);
        for (size_t i = 0; i < places.n && !found; i++) {
            struct buf path = {0};
            buf_printf(&path, "%s/%.*s", places.folder[i], (int)name.n, name.s);
            if (buf_ok(&path, NULL) && file_is_folder(buf_cstr(&path)) && holds_model(path.data))
                found = path.data;
            else
                buf_free(&path);
        }
        places_free(&places);
        for (size_t i = 0; i < hubs.n && !found; i++)
            found = find_in_hub(hubs.folder[i], name);
    }
    if (!found && !last_resort)
        not_found(session, name, &hubs, err);
    places_free(&hubs);
    if (found) {
        free(last_resort);
        return found;
    }
    return last_resort;
}
