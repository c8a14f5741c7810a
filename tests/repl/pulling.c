/* What tests of pull share. See pulling.h. */
#include "tests/repl/pulling.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/model.h"
#include "repl/session/find_model.h"
#include "tests/support/scratch.h"

struct hub_served files[FILES] = {
    {.name = "config.json"}, {.name = "model.safetensors", .large = true}, {.name = "tokenizer.json"}};
struct hub_server *server;
struct watch watch;

void pulling_set_up(void)
{
    static const char *const unset[] = {"HF_TOKEN",       "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH",
                                        "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",   "GAZE_MODELS",
                                        "HF_HUB_CACHE",   "HUGGINGFACE_HUB_CACHE",  "TRANSFORMERS_CACHE"};
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
    for (size_t i = 0; i < FILES; i++) {
        char path[200];
        snprintf(path, sizeof path, "tests/data/golden/bert/%s", files[i].name);
        files[i].bytes = read_file(path, &files[i].n);
    }
    setenv("HF_HOME", scratch_folder(), 1);
    server = hub_server_start(files, FILES);
}

void pulling_tear_down(void)
{
    for (size_t i = 0; i < FILES; i++)
        free((void *)files[i].bytes);
}

bool pull_as(const char *revision, const char *file, size_t tries, struct pulled *pulled, struct err *err)
{
    struct hub hub = {0};
    char *root = find_hub_cache();
    struct pull pull = {.hub = &hub, .id = STR("org/name"), .revision = str_of(revision), .file = str_of(file), .root = root, .watch = watch};
    err_clear(err);
    *pulled = (struct pulled){0};
    bool ok = hub_open(&hub, err);
    hub.tries = tries;
    hub.pause = 0.01;
    hub.stall = 1;
    ok = ok && pull_model(&pull, pulled, err);
    hub_close(&hub);
    free(root);
    return ok;
}

bool pulls(size_t tries, struct err *err)
{
    struct pulled pulled;
    bool ok = pull_as(NULL, NULL, tries, &pulled, err);
    pulled_free(&pulled);
    return ok;
}

bool there(const char *name)
{
    struct stat st;
    return stat(scratch_path(name), &st) == 0;
}

long size_of(const char *name)
{
    struct stat st;
    return stat(scratch_path(name), &st) == 0 ? (long)st.st_size : -1;
}

const char *blob_of(size_t i, const char *suffix)
{
    static char name[200];
    snprintf(name, sizeof name, REPOSITORY "/blobs/%s%s", hub_server_etag(&files[i]), suffix);
    return name;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

void remove_cache(void)
{
    nftw(scratch_path("hub"), remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

size_t entries(const char *folder)
{
    DIR *dir = opendir(scratch_path(folder));
    size_t n = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

void expect_whole_blobs(void)
{
    DIR *dir = opendir(scratch_path(REPOSITORY "/blobs"));
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.' || strstr(entry->d_name, ".incomplete"))
            continue;
        char name[400];
        size_t n;
        snprintf(name, sizeof name, REPOSITORY "/blobs/%s", entry->d_name);
        unsigned char *bytes = read_file(scratch_path(name), &n);
        struct hub_served as = {.bytes = bytes, .n = n, .large = strlen(entry->d_name) == 64};
        cr_expect_str_eq(hub_server_etag(&as), entry->d_name);
        free(bytes);
    }
    if (dir)
        closedir(dir);
}

void expect_loads(const char *name, bool loads)
{
    struct session session;
    struct err err = {0};
    cr_assert(session_init(&session, NULL, &err));
    char *path = session_find_model(&session, str_of(name), &err);
    cr_expect_eq(path != NULL, loads, "%s: %s", name, path ? path : err.message);
    struct model *model = path ? model_load(path, NULL, &err) : NULL;
    cr_expect(!path || (model && model->weights && model->tokenizer), "%s: %s", name, err.message);
    if (model)
        model_free(model);
    free(path);
    session_free(&session);
}

void expect_nothing_seen(void)
{
    cr_expect_not(there(SNAPSHOT));
    cr_expect_not(there(REPOSITORY "/snapshots.incomplete"));
    cr_expect_not(there(REPOSITORY "/refs/main"));
    expect_whole_blobs();
    expect_loads("org/name", false);
}

void expect_whole(void)
{
    cr_expect_eq(entries(SNAPSHOT), FILES);
    cr_expect_eq(entries(REPOSITORY "/blobs"), FILES);
    cr_expect_not(there(REPOSITORY "/snapshots.incomplete"));
    expect_whole_blobs();
    expect_loads("org/name", true);
}

void expect_mends(void)
{
    struct err err;
    hub_server_fault(server, HUB_WELL, "", 0);
    cr_expect(pulls(1, &err), "%s", err.message);
    expect_whole();
}

void expect_fails(size_t tries, const char *says)
{
    struct err err;
    cr_expect_not(pulls(tries, &err), "expected: %s", says);
    cr_expect(strstr(err.message, says), "\"%s\" lacks \"%s\"", err.message, says);
}
