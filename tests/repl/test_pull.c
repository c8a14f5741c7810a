/* pull against a hub on the loopback: what is in the cache afterwards is whole, whatever went wrong. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "tests/repl/pulling.h"
#include "tests/support/scratch.h"

#define PULL_TEST(name) Test(pull, name, .init = pulling_set_up, .fini = pulling_tear_down)

PULL_TEST(three_files_come_by_a_redirect_to_another_port_and_load)
{
    struct err err;
    struct pulled pulled;
    cr_assert(pull_as(NULL, NULL, 1, &pulled, &err), "%s", err.message);
    cr_expect_eq(pulled.files, FILES);
    cr_expect_eq(pulled.fetched, files[0].n + files[1].n + files[2].n);
    cr_expect_eq(pulled.bytes, pulled.fetched);
    cr_expect(strstr(hub_server_log(), "other GET /store/model.safetensors"), "%s", hub_server_log());
    pulled_free(&pulled);
    expect_whole();
}

PULL_TEST(the_cache_has_the_layout_of_huggingface_hub)
{
    struct err err;
    char to[200] = "", expected[200];
    size_t n;
    cr_assert(pulls(1, &err), "%s", err.message);
    cr_expect_gt(readlink(scratch_path(SNAPSHOT "/model.safetensors"), to, sizeof to - 1), 0);
    snprintf(expected, sizeof expected, "../../blobs/%s", hub_server_etag(&files[WEIGHTS]));
    cr_expect_str_eq(to, expected);
    unsigned char *ref = read_file(scratch_path(REPOSITORY "/refs/main"), &n);
    cr_expect_str_eq((char *)ref, HUB_COMMIT, "without a line end");
    free(ref);
}

/* git hash-object and sha256sum of "hello\n". */
Test(pull, a_hash_is_what_git_and_sha256sum_say)
{
    char text[HASH_HEX + 1];
    struct err err;
    static const struct {
        size_t digits;
        const char *head, *expected;
    } rows[] = {{40, "blob 6", "ce013625030ba8dba906f756967f9e9ca394464a"},
                {64, NULL, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"}};
    for (size_t i = 0; i < 2; i++) {
        struct hash *hash = hash_new(rows[i].digits, &err);
        if (rows[i].head)
            hash_add(hash, rows[i].head, strlen(rows[i].head) + 1);
        hash_add(hash, "hello\n", 6);
        hash_text(hash, text);
        cr_expect_str_eq(text, rows[i].expected);
        hash_free(hash);
    }
}

PULL_TEST(a_second_pull_fetches_no_file)
{
    struct err err;
    struct pulled pulled;
    cr_assert(pulls(1, &err), "%s", err.message);
    hub_server_forget_log();
    cr_assert(pull_as(NULL, NULL, 1, &pulled, &err), "%s", err.message);
    cr_expect_eq(pulled.fetched, 0);
    cr_expect_not(strstr(hub_server_log(), "GET /org"), "%s", hub_server_log());
    pulled_free(&pulled);
    expect_whole();
}

/* ---- interruptions ---- */

PULL_TEST(an_interruption_leaves_a_part_that_the_next_pull_goes_on_with)
{
    char range[40];
    hub_server_fault(server, HUB_CUT, "model.safetensors", -1);
    server->times = 1;
    expect_fails(1, "127.0.0.1");
    expect_nothing_seen();
    cr_expect_eq(size_of(blob_of(WEIGHTS, ".incomplete")), (long)(files[WEIGHTS].n / 2));
    hub_server_forget_log();
    expect_mends();
    snprintf(range, sizeof range, "range=%zu", files[WEIGHTS].n / 2);
    cr_expect(strstr(hub_server_log(), range), "%s", hub_server_log());
}

PULL_TEST(interruptions_are_gone_on_with_as_long_as_bytes_come)
{
    struct err err;
    hub_server_fault(server, HUB_CUT, "model.safetensors", 10);
    cr_expect(pulls(2, &err), "%s", err.message);
    expect_whole();
}

static void press_control_c(void *context, size_t done, size_t total)
{
    (void)context, (void)total;
    if (done > files[CONFIG].n)
        cancel_request();
}

PULL_TEST(control_c_leaves_a_part)
{
    struct err err;
    watch.progress = press_control_c;
    hub_server_fault(server, HUB_SLOW, "model.safetensors", -1); /* the other half never comes */
    cr_expect_not(pulls(5, &err));
    cr_expect_eq(err.code, ERR_CANCELLED, "%s", err.message);
    cancel_clear();
    watch.progress = NULL;
    cr_expect_gt(size_of(blob_of(WEIGHTS, ".incomplete")), 0);
    expect_nothing_seen();
    expect_mends();
}

PULL_TEST(a_server_that_stands_still_is_given_up)
{
    hub_server_fault(server, HUB_SLOW, "model.safetensors", -1);
    expect_fails(1, "127.0.0.1");
    cr_expect(there(blob_of(WEIGHTS, ".incomplete")));
    expect_nothing_seen();
    expect_mends();
}

PULL_TEST(a_full_disk_is_told_and_gone_on_with)
{
    struct rlimit whole, small = {100000, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN); /* as gaze has it */
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &whole), 0);
    small.rlim_max = whole.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    expect_fails(3, "File too large");
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &whole), 0);
    cr_expect_eq(size_of(blob_of(WEIGHTS, ".incomplete")), 100000);
    expect_nothing_seen();
    expect_mends();
}

PULL_TEST(a_server_that_knows_no_ranges_gives_all_of_it_again)
{
    struct err err;
    hub_server_fault(server, HUB_CUT, "model.safetensors", 1);
    cr_expect_not(pulls(1, &err));
    hub_server_fault(server, HUB_NO_RANGE, "model.safetensors", -1);
    cr_expect(pulls(1, &err), "%s", err.message);
    expect_whole();
}

PULL_TEST(another_range_than_was_asked_for_is_refused)
{
    struct err err;
    hub_server_fault(server, HUB_CUT, "model.safetensors", 1);
    cr_expect_not(pulls(1, &err));
    hub_server_fault(server, HUB_OTHER_RANGE, "model.safetensors", -1);
    expect_fails(1, "another range");
    expect_nothing_seen();
    expect_mends();
}

/* ---- wrong bytes ---- */

PULL_TEST(what_has_a_wrong_hash_is_removed)
{
    static const struct {
        size_t file;
        const char *says;
    } rows[] = {{WEIGHTS, "its SHA-256 is"}, {TOKENIZER, "its SHA-1 is"}};
    for (size_t i = 0; i < 2; i++) {
        hub_server_fault(server, HUB_WRONG, files[rows[i].file].name, -1);
        expect_fails(3, rows[i].says);
        cr_expect_not(there(blob_of(rows[i].file, ".incomplete")), "%s", files[rows[i].file].name);
        cr_expect_not(there(blob_of(rows[i].file, "")), "%s", files[rows[i].file].name);
        expect_nothing_seen();
    }
    expect_mends();
}

PULL_TEST(a_part_that_is_spoilt_is_fetched_anew)
{
    struct err err;
    hub_server_fault(server, HUB_CUT, "model.safetensors", 1);
    cr_expect_not(pulls(1, &err));
    scratch_write(blob_of(WEIGHTS, ".incomplete"), "spoilt", 6);
    expect_mends();
    cr_expect(strstr(hub_server_log(), "range=6\n"), "%s", hub_server_log());
}

PULL_TEST(a_part_that_is_too_long_is_fetched_anew)
{
    struct err err;
    hub_server_fault(server, HUB_CUT, "model.safetensors", 1);
    cr_expect_not(pulls(1, &err));
    char *long_part = calloc(1, files[WEIGHTS].n + 10);
    scratch_write(blob_of(WEIGHTS, ".incomplete"), long_part, files[WEIGHTS].n + 10);
    free(long_part);
    expect_mends();
}

PULL_TEST(a_wrong_size_is_told)
{
    static const struct {
        enum hub_fault fault;
        const char *file, *says;
    } rows[] = {{HUB_LIE, "model.safetensors", "the hub says"},  {HUB_LIE, "tokenizer.json", "the hub says"},
                {HUB_SHORT, "model.safetensors", "ended after"}, {HUB_LONGER, "model.safetensors", "the hub says"},
                {HUB_LONGER, "tokenizer.json", "the hub says"},  {HUB_ENDLESS, "model.safetensors", "more than"},
                {HUB_ENDLESS, "config.json", "more than"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        remove_cache();
        hub_server_fault(server, rows[i].fault, rows[i].file, -1);
        expect_fails(2, rows[i].says);
        expect_nothing_seen();
    }
    expect_mends();
}

/* ---- answers that are none ---- */

PULL_TEST(what_the_hub_refuses_is_told_plainly_and_without_the_token)
{
    static const struct {
        int status, after;
        const char *code, *where, *says;
        bool token;
    } rows[] = {{404, 0, "RepoNotFound", "list", "has no model org/name", false},
                {401, 0, "RepoNotFound", "list", "or it is private: then give a token in HF_TOKEN", false},
                {401, 0, "RepoNotFound", "list", "no such model that the token given may see", true},
                {401, 0, "GatedRepo", "list", "is gated or private (401): ask for access at http://127.0.0.1", false},
                {403, 0, "GatedRepo", "model.safetensors", "the token given has none", true},
                {404, 0, "RevisionNotFound", "list", "has no revision \"main\"", true},
                {404, 0, "EntryNotFound", "tokenizer.json", "tokenizer.json is not there (404)", true},
                {429, 3600, NULL, "list", "try again in 3600 s", true},
                {429, 0, NULL, "model.safetensors", "wants fewer requests (429)", true},
                {500, 0, NULL, "list", "cannot answer for org/name now (500)", true},
                {503, 0, NULL, "model.safetensors", "cannot answer for model.safetensors now (503)", true},
                {416, 0, NULL, "model.safetensors", "(416)", true},
                {204, 0, NULL, "model.safetensors", "(204)", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        if (rows[i].token)
            setenv("HF_TOKEN", "hf_thesecret", 1);
        else
            unsetenv("HF_TOKEN");
        server->status = rows[i].status;
        server->after = rows[i].after;
        server->code = rows[i].code;
        hub_server_fault(server, HUB_STATUS, rows[i].where, -1);
        cr_expect_not(pulls(2, &err), "row %zu", i);
        cr_expect(strstr(err.message, rows[i].says), "row %zu: \"%s\" lacks \"%s\"", i, err.message, rows[i].says);
        cr_expect_not(strstr(err.message, "thesecret"), "%s", err.message);
        expect_nothing_seen();
    }
    expect_mends();
}

PULL_TEST(a_hub_that_is_busy_is_asked_again)
{
    struct err err;
    static const char *const where[] = {"list", "config.json", "model.safetensors"};
    server->status = 503;
    for (size_t i = 0; i < 3; i++) {
        hub_server_fault(server, HUB_STATUS, where[i], 2);
        cr_expect(pulls(3, &err), "%s: %s", where[i], err.message);
    }
    expect_whole();
}

PULL_TEST(what_never_ends_is_ended)
{
    static const struct {
        enum hub_fault fault;
        const char *file, *says;
    } rows[] = {{HUB_ENDLESS, "list", "more than"},
                {HUB_HEADERS, "model.safetensors", "headers without end"},
                {HUB_CIRCLE, "model.safetensors", "circles"},
                {HUB_CIRCLE, "config.json", "circles"},
                {HUB_CIRCLE, "list", "circles"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hub_server_fault(server, rows[i].fault, rows[i].file, -1);
        expect_fails(2, rows[i].says);
        expect_nothing_seen();
    }
    expect_mends();
}

PULL_TEST(a_list_that_is_none_is_refused)
{
    static const char *const lists[] = {"",
                                        "[]",
                                        "{",
                                        "{\"sha\":\"main\",\"siblings\":[]}",
                                        "{\"sha\":\"../../../../0123456789012345678901234567\",\"siblings\":[]}",
                                        "{\"sha\":\"" HUB_COMMIT "\"}"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct err err;
        server->list = lists[i];
        cr_expect_not(pulls(1, &err), "%s", lists[i]);
        cr_expect_eq(err.code, ERR_FORMAT, "%s: %s", lists[i], err.message);
    }
    server->list = NULL;
    expect_mends();
}

PULL_TEST(a_server_that_repeats_the_token_does_not_bring_it_into_messages)
{
    static const char *const lists[] = {
        "hf_thesecret", "[hf_thesecret", "{\"sha\":\"hf_thesecret\",\"siblings\":[]}",
        "{\"sha\":\"" HUB_COMMIT "\",\"siblings\":[{\"rfilename\":\"hf_thesecret.bin\"},{\"rfilename\":\"b.bin\"}]}",
        "{\"sha\":\"" HUB_COMMIT "\",\"siblings\":[{\"rfilename\":\"hf_thesecret.safetensors\"}]}"};
    struct err err;
    struct pulled pulled;
    setenv("HF_TOKEN", "hf_thesecret", 1);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        server->list = lists[i];
        cr_expect_not(pulls(1, &err), "%s", lists[i]);
        cr_expect_not(strstr(err.message, "hf_thesecret"), "%s", err.message);
    }
    server->list = NULL;
    server->location = "http://hf_thesecret.invalid/";
    hub_server_fault(server, HUB_AWAY, "config.json", -1);
    cr_expect_not(pulls(1, &err));
    cr_expect_not(strstr(err.message, "hf_thesecret"), "%s", err.message);
    hub_server_fault(server, HUB_WELL, "", 0);
    server->list = "{\"sha\":\"" HUB_COMMIT "\",\"siblings\":[{\"rfilename\":\"config.json\"},{\"rfilename\":\"hf_thesecret\"},"
                   "{\"rfilename\":\"model.safetensors\"},{\"rfilename\":\"tokenizer.json\"}]}";
    cr_expect(pull_as(NULL, NULL, 1, &pulled, &err), "%s", err.message);
    cr_expect_str_eq(buf_cstr(&pulled.left), "************");
    pulled_free(&pulled);
}

PULL_TEST(a_file_that_cannot_be_checked_is_refused)
{
    hub_server_fault(server, HUB_NO_HASH, "model.safetensors", -1);
    expect_fails(1, "no SHA-1 or SHA-256");
    hub_server_fault(server, HUB_OTHER_COMMIT, "config.json", -1);
    expect_fails(1, "of another commit");
    expect_nothing_seen();
    expect_mends();
}
