/* pull beside what the cache holds already: revisions, other snapshots, another pull at the same time; and which files it takes.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repl/fetch/cache.h"
#include "tests/repl/pulling.h"
#include "tests/support/scratch.h"

#define CACHE_TEST(name) Test(pull_cache, name, .init = pulling_set_up, .fini = pulling_tear_down)

static char *text_of(const char *name)
{
    size_t n;
    return (char *)read_file(scratch_path(name), &n);
}

/* Make a path of the scratch folder a file, with the folders above it. */
static void put(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s", name);
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(scratch_path(path), 0700);
        *slash = '/';
    }
    scratch_write(name, text, strlen(text));
}

static void expect_pull(const char *revision)
{
    struct err err;
    struct pulled pulled;
    cr_expect(pull_as(revision, NULL, 1, &pulled, &err), "%s: %s", revision, err.message);
    pulled_free(&pulled);
}

/* ---- revisions ---- */

CACHE_TEST(a_tag_has_a_ref_of_its_own)
{
    expect_pull("v1");
    char *ref = text_of(REPOSITORY "/refs/v1");
    cr_expect_str_eq(ref, HUB_COMMIT);
    free(ref);
    cr_expect_not(there(REPOSITORY "/refs/main"));
    expect_loads("org/name@v1", true);
}

CACHE_TEST(a_revision_with_slashes_is_a_path_of_refs)
{
    expect_pull("refs/pr/1");
    cr_expect(there(REPOSITORY "/refs/refs/pr/1"));
    cr_expect(strstr(hub_server_log(), "/revision/refs%2Fpr%2F1"), "%s", hub_server_log());
    expect_loads("org/name@refs/pr/1", true);
}

CACHE_TEST(a_commit_has_no_ref)
{
    expect_pull(HUB_COMMIT);
    cr_expect_eq(entries(REPOSITORY "/refs"), 0);
    expect_loads("org/name@" HUB_COMMIT, true);
    expect_loads("org/name", true);
}

CACHE_TEST(a_revision_that_is_not_there_is_told)
{
    struct err err;
    struct pulled pulled;
    cr_expect_not(pull_as("v9", NULL, 1, &pulled, &err));
    cr_expect(strstr(err.message, "has no revision \"v9\""), "%s", err.message);
}

CACHE_TEST(an_older_snapshot_stays_until_the_new_one_is_whole)
{
    struct err err;
    put(REPOSITORY "/refs/main", "eee");
    put(REPOSITORY "/snapshots/eee/config.json", files[CONFIG].bytes);
    hub_server_fault(server, HUB_CUT, "tokenizer.json", -1);
    cr_expect_not(pulls(1, &err));
    char *ref = text_of(REPOSITORY "/refs/main");
    cr_expect_str_eq(ref, "eee");
    free(ref);
    cr_expect_eq(entries(REPOSITORY "/snapshots"), 1);
    hub_server_fault(server, HUB_WELL, "", 0);
    cr_expect(pulls(1, &err), "%s", err.message);
    expect_loads("org/name", true);
    cr_expect_eq(entries(REPOSITORY "/snapshots"), 2);
}

CACHE_TEST(a_snapshot_that_another_library_began_is_completed)
{
    struct err err;
    put(SNAPSHOT "/README.md", "hello");
    cr_assert_eq(symlink("../../blobs/gone", scratch_path(SNAPSHOT "/config.json")), 0);
    cr_expect(pulls(1, &err), "%s", err.message);
    cr_expect_eq(entries(SNAPSHOT), FILES + 1);
    char *kept = text_of(SNAPSHOT "/README.md");
    cr_expect_str_eq(kept, "hello");
    free(kept);
    expect_loads("org/name", true);
}

CACHE_TEST(what_a_killed_pull_left_beside_the_snapshots_goes)
{
    put(REPOSITORY "/snapshots.incomplete/" HUB_COMMIT "/config.json", "half");
    expect_pull(NULL);
    expect_whole();
}

CACHE_TEST(a_blob_of_another_size_is_fetched_anew)
{
    expect_pull(NULL);
    scratch_write(blob_of(WEIGHTS, ""), "cut", 3);
    expect_pull(NULL);
    expect_whole();
}

CACHE_TEST(a_disk_without_room_is_told_beforehand)
{
    struct cache cache;
    struct err err = {0};
    cr_assert(cache_open(scratch_folder(), STR("org/name"), &cache, &err), "%s", err.message);
    cr_expect(cache_has_room(&cache, 1, &err), "%s", err.message);
    cr_expect_not(cache_has_room(&cache, (size_t)1 << 60, &err));
    cr_expect(strstr(err.message, "TB are needed, and ") && strstr(err.message, " are free on this disk"), "%s", err.message);
    cache_close(&cache);
}

/* ---- two at once ---- */

static void *pull_in_thread(void *context)
{
    struct err err;
    *(bool *)context = pulls(3, &err);
    if (!*(bool *)context)
        fprintf(stderr, "%s\n", err.message);
    return NULL;
}

CACHE_TEST(two_pulls_at_once_fetch_a_file_once)
{
    pthread_t threads[4];
    bool good[4] = {false};
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, pull_in_thread, &good[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        cr_expect(good[i], "pull %zu", i);
    }
    const char *first = strstr(hub_server_log(), "other GET /store/model.safetensors");
    cr_expect(first && !strstr(first + 1, "other GET /store/model.safetensors"), "%s", hub_server_log());
    expect_whole();
}

/* ---- the token ---- */

/* Lines of the log that begin so: how many there are, and how many of them carry the token. */
static void count(const char *begins, size_t *n_out, size_t *with_token_out)
{
    *n_out = *with_token_out = 0;
    for (const char *line = hub_server_log(); *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, begins, strlen(begins)) == 0) {
            const char *token = strstr(line, "token=hf_thesecret "), *end = strchr(line, '\n');
            ++*n_out;
            *with_token_out += token && token < end;
        }
}

CACHE_TEST(the_token_goes_to_the_hub_and_not_to_another_port)
{
    size_t n, with_token;
    setenv("HF_TOKEN", " hf_thesecret\n", 1);
    expect_pull(NULL);
    count("hub ", &n, &with_token);
    cr_expect(n >= 7 && with_token == n, "%zu of %zu: %s", with_token, n, hub_server_log());
    count("other ", &n, &with_token);
    cr_expect(n >= 1 && with_token == 0, "%zu of %zu: %s", with_token, n, hub_server_log());
}

CACHE_TEST(a_redirect_within_the_hub_keeps_the_token)
{
    size_t n, with_token;
    setenv("HF_TOKEN", "hf_thesecret", 1);
    hub_server_fault(server, HUB_MOVED, "list", 1);
    expect_pull(NULL);
    count("hub GET /moved/", &n, &with_token);
    cr_expect(n == 1 && with_token == 1, "%s", hub_server_log());
    expect_whole();
}

CACHE_TEST(the_hash_of_a_redirect_within_the_hub_is_not_the_files)
{
    hub_server_fault(server, HUB_MOVED, "config.json", 1);
    expect_pull(NULL);
    cr_expect(strstr(hub_server_log(), "HEAD /moved/org/name/resolve"), "%s", hub_server_log());
    expect_whole();
}

/* Away and back again: who sent it back may have chosen the address. */
CACHE_TEST(a_redirect_that_comes_back_has_lost_the_token)
{
    struct err err;
    size_t n, with_token;
    setenv("HF_TOKEN", "hf_thesecret", 1);
    hub_server_fault(server, HUB_CIRCLE, "config.json", -1);
    cr_expect_not(pulls(1, &err));
    count("hub HEAD /org/name/resolve/" HUB_COMMIT "/config.json", &n, &with_token);
    cr_expect(n > 1 && with_token == 1, "%zu of %zu: %s", with_token, n, hub_server_log());
}

CACHE_TEST(the_token_is_that_of_the_first_place_that_has_one)
{
    static const struct {
        const char *variable, *token; /* set in addition to the rows before it */
    } rows[] = {{NULL, "hf_home"}, {"HF_TOKEN_PATH", "hf_path"}, {"HUGGING_FACE_HUB_TOKEN", "hf_older"}, {"HF_TOKEN", "hf_own"}};
    put("token", "hf_home\n");
    put("elsewhere", "hf_path");
    for (size_t i = 0; i < 4; i++) {
        struct hub hub;
        struct err err;
        if (rows[i].variable)
            setenv(rows[i].variable, i == 1 ? scratch_path("elsewhere") : rows[i].token, 1);
        cr_assert(hub_open(&hub, &err), "%s", err.message);
        cr_expect(hub.token && strcmp(hub.token, rows[i].token) == 0, "row %zu", i);
        hub_close(&hub);
    }
    struct hub hub;
    struct err err;
    setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", 1);
    cr_assert(hub_open(&hub, &err), "%s", err.message);
    cr_expect_null(hub.token);
    hub_close(&hub);
}

CACHE_TEST(redirects_to_other_schemes_are_refused)
{
    static const char *const locations[] = {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "javascript:1", ""};
    for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
        server->location = locations[i];
        hub_server_fault(server, HUB_AWAY, "model.safetensors", -1);
        if (*locations[i])
            expect_fails(1, "no address of http or https");
        else
            expect_fails(1, "");
        expect_nothing_seen();
    }
}

/* ---- whole repositories ---- */

/* Serve the files of a folder, by names separated by blanks; * in front of large ones. */
static void serve(const char *folder, const char *names)
{
    static struct hub_served served[16];
    static char texts[16][64];
    size_t n = 0;
    for (const char *at = names; *at; at += strspn(at, " "), n++) {
        char path[200];
        size_t length = strcspn(at, " ");
        bool large = *at == '*';
        snprintf(texts[n], sizeof texts[n], "%.*s", (int)(length - large), at + large);
        snprintf(path, sizeof path, "%s/%s", folder, texts[n]);
        served[n] = (struct hub_served){.name = texts[n], .large = large};
        served[n].bytes = read_file(path, &served[n].n);
        at += length;
    }
    server->files = served;
    server->n = n;
}

static void expect_files(const char *folder, const char *names, const char *file, size_t expected)
{
    struct err err;
    struct pulled pulled;
    remove_cache();
    serve(folder, names);
    cr_expect(pull_as(NULL, file, 1, &pulled, &err), "%s: %s", folder, err.message);
    cr_expect_eq(pulled.files, expected, "%s: %zu files", folder, pulled.files);
    pulled_free(&pulled);
    for (size_t i = 0; i < server->n; i++)
        free((void *)server->files[i].bytes);
    expect_whole_blobs();
    expect_loads("org/name", true);
}

CACHE_TEST(shards_modules_and_a_gguf_file_come_and_load)
{
    expect_files(
        "tests/data/golden/bert-sharded",
        "config.json *model-00001-of-00003.safetensors *model-00002-of-00003.safetensors *model-00003-of-00003.safetensors "
        "model.safetensors.index.json tokenizer.json cases.json",
        NULL, 6);
    expect_files("tests/data/good/tiny-sentences",
                 "1_Pooling/config.json 2_Dense/config.json *2_Dense/model.safetensors 3_LayerNorm/config.json "
                 "*3_LayerNorm/model.safetensors config.json *model.safetensors modules.json vocab.txt "
                 "config_sentence_transformers.json sentence_bert_config.json",
                 NULL, 11);
    cr_expect(there(SNAPSHOT "/2_Dense/model.safetensors"));
    expect_files("tests/data/golden/gguf-bert", "*model.gguf cases.json", "model.gguf", 1);
}

/* ---- names ---- */

CACHE_TEST(names_that_lead_out_of_the_folder_are_passed_over)
{
    struct err err;
    struct pulled pulled;
    server->list =
        "{\"sha\":\"" HUB_COMMIT "\",\"siblings\":[{\"rfilename\":\"config.json\"},{\"rfilename\":\"../config.json\"},"
        "{\"rfilename\":\"/tmp/tokenizer.json\"},{\"rfilename\":\"a\\\\b\"},{\"rfilename\":\"a\\nb\"},{\"rfilename\":\"\"},"
        "{\"rfilename\":\".\"},{\"rfilename\":\"x/../../y\"},{\"rfilename\":\"x//y\"},{\"rfilename\":\"x/\"},{},7,"
        "{\"rfilename\":\"\\u0000\"},{\"rfilename\":\"model.safetensors\"},{\"rfilename\":\"tokenizer.json\"}]}";
    cr_assert(pull_as(NULL, NULL, 1, &pulled, &err), "%s", err.message);
    cr_expect_eq(pulled.unsafe, 12);
    pulled_free(&pulled);
    expect_whole();
}

CACHE_TEST(what_is_not_read_stays_there_and_is_named)
{
    struct err err;
    struct pulled pulled;
    server->list =
        "{\"sha\":\"" HUB_COMMIT "\",\"siblings\":[{\"rfilename\":\"README.md\"},{\"rfilename\":\"config.json\"},"
        "{\"rfilename\":\"flax_model.msgpack\"},{\"rfilename\":\"onnx/config.json\"},{\"rfilename\":\"onnx/model.onnx\"},"
        "{\"rfilename\":\"model.safetensors\"},{\"rfilename\":\"pytorch_model.bin\"},{\"rfilename\":\"tokenizer.json\"}]}";
    cr_assert(pull_as(NULL, NULL, 1, &pulled, &err), "%s", err.message);
    cr_expect_str_eq(buf_cstr(&pulled.left), "README.md, flax_model.msgpack, onnx/ (2 files), pytorch_model.bin");
    pulled_free(&pulled);
    expect_whole();
}

Test(pull_cache, a_name_is_a_path_within_the_folder)
{
    static const char *const good[] = {
        "a", "config.json", "1_Pooling/config.json", "a/b/c", ".gitattributes", "..a", "a..", "a b", "é"};
    static const char *const bad[] = {"",     "/",    "/a",    "a/",   "a//b", ".",    "..",
                                      "../a", "a/..", "a/./b", "a\\b", "a\nb", "\x1b", "\x7f"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(cache_is_name(str_of(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(cache_is_name(str_of(bad[i])), "%s", bad[i]);
    char many[300];
    memset(many, 'a', sizeof many);
    cr_expect_not(cache_is_name((struct str){many, 256}));
    cr_expect_not(cache_is_name((struct str){"a\0b", 3}));
}
