/* The folder that a model's name means: a path, $GAZE_MODELS, the models beside the program, the Hugging Face cache.
 *
 * The cache is read in place: models--ORG--NAME/refs/main names a revision, snapshots/REVISION holds its files as links
 * to blobs (huggingface_hub, "Understand caching"). Nothing is ever fetched. */
#include "repl/session/find_model.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void places_list(const struct session *session, struct places *places)
{
    *places = (struct places){0};
    for (const char *at = getenv("GAZE_MODELS"); at && *at;) {
        size_t n = strcspn(at, ":");
        places_add(places, at, n);
        at += n + (at[n] == ':');
    }
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
}

static char *from_home(const char *variable, const char *rest)
{
    const char *value = getenv(variable);
    return value && *value ? path_join(value, rest, NULL) : NULL;
}

char *find_hub_cache(void)
{
    const char *given = getenv("HF_HUB_CACHE");
    if (given && *given)
        return mem_copy_str(str_of(given), NULL);
    char *found = from_home("HF_HOME", "hub");
    if (!found)
        found = from_home("XDG_CACHE_HOME", "huggingface/hub");
    return found ? found : from_home("HOME", ".cache/huggingface/hub");
}

/* ---- the cache ---- */

/* A revision's name as refs/NAME gives it: one line, no slash. NULL where there is none. */
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

/* Letters, digits, . _ - and one slash: an id of the hub, and nothing that climbs out of a folder. */
static bool is_id(struct str name)
{
    size_t slashes = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.s[i];
        bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '@';
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

void find_each_model(const struct session *session, void (*visit)(void *context, struct str name), void *context)
{
    struct places places;
    places_list(session, &places);
    char *hub = find_hub_cache();
    bool owned = hub && places.n < MAX_FOLDERS;
    if (owned)
        places.folder[places.n++] = hub;
    for (size_t i = 0; i < places.n; i++) {
        bool is_hub = places.folder[i] == hub;
        DIR *dir = opendir(places.folder[i]);
        for (struct dirent *entry; dir && (entry = readdir(dir));) {
            if (entry->d_name[0] == '.' || (is_hub && strncmp(entry->d_name, "models--", 8) != 0))
                continue;
            struct buf name = {0};
            if (is_hub) {
                const char *org = entry->d_name + 8, *dash = strstr(org, "--");
                buf_printf(&name, "%.*s%s%s", dash ? (int)(dash - org) : (int)strlen(org), org, dash ? "/" : "",
                           dash ? dash + 2 : "");
            } else {
                char *path = path_join(places.folder[i], entry->d_name, NULL);
                if (path && holds_model(path))
                    buf_puts(&name, entry->d_name);
                free(path);
            }
            if (name.n)
                visit(context, buf_view(&name));
            buf_free(&name);
        }
        if (dir)
            closedir(dir);
    }
    if (!owned)
        free(hub);
    places_free(&places);
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

static bool not_found(const struct session *session, struct str name, const char *hub, struct err *err)
{
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
        err_set(err, ERR_NOT_FOUND,
                "no model \"%.*s\": neither here nor in $GAZE_MODELS%s nor in the Hugging Face cache %s; if the hub has it, this "
                "fetches it: hf download %.*s",
                STR_ARGS(name), buf_cstr(&looked), hub ? hub : "(no HOME)", STR_ARGS(name));
        buf_free(&looked);
        return false;
    }
    err_set(err, ERR_NOT_FOUND, "%.*s is not in the Hugging Face cache %s; this fetches it: hf download %.*s", STR_ARGS(name),
            hub ? hub : "(no HOME)", STR_ARGS(name));
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
    char *hub = find_hub_cache();
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
        if (!found && hub)
            found = find_in_hub(hub, name);
    }
    if (!found && !last_resort)
        not_found(session, name, hub, err);
    free(hub);
    if (found) {
        free(last_resort);
        return found;
    }
    return last_resort;
}
