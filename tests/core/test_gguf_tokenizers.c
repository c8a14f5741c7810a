/* Tokenizers of GGUF files: the ways of cutting a text that tokenizer.ggml.pre names, and what a file leaves unsaid. The ids
 * beside them are those of the package tokenizers (tests/core/weights/gguf_tokens.py). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/gguf/gguf.h"

/* A metadata value of a text, as the file would hold it. */
static void put_text(struct gguf *gguf, const char *key, const char *text, unsigned char room[80])
{
    uint64_t n = strlen(text);
    memcpy(room, &n, sizeof n);
    memcpy(room + sizeof n, text, n);
    for (size_t i = 0; i < gguf->n_pairs; i++)
        if (str_is(gguf->pairs[i].key, key))
            gguf->pairs[i].value.at = room;
}

/* Append the ids of a text. */
static void put_ids(struct buf *out, const struct tokenizer *tokenizer, struct str text)
{
    struct encoding encoding = {0};
    struct err err = {0};
    cr_assert(tokenizer_encode(tokenizer, text, NULL, 0, &encoding, &err), "%s", err.message);
    for (size_t i = 0; i < encoding.n; i++)
        buf_printf(out, "%d ", encoding.tokens[i].id);
    encoding_free(&encoding);
}

/* A line of failures for each text whose ids are others. */
static void compare(const struct tokenizer *tokenizer, struct str name, const struct json *texts, const struct json *ids,
                    struct buf *failures)
{
    for (size_t i = 0; i < json_count(texts); i++) {
        struct buf got = {0}, want = {0};
        put_ids(&got, tokenizer, json_str(json_at(texts, i), ""));
        for (size_t k = 0; k < json_count(json_at(ids, i)); k++)
            buf_printf(&want, "%.0f ", json_number(json_at(json_at(ids, i), k), -1));
        if (strcmp(buf_cstr(&got), buf_cstr(&want)) != 0)
            buf_printf(failures, "\n%.*s, text %zu: %s\n  not %s", STR_ARGS(name), i, buf_cstr(&got), buf_cstr(&want));
        buf_free(&got);
        buf_free(&want);
    }
}

Test(gguf_tokenizers, every_kind_of_cutting_gives_the_reference_s_ids)
{
    static const char path[] = "tests/data/good/gguf/pre.gguf";
    struct err err = {0};
    struct file file;
    struct gguf gguf;
    struct buf failures = {0};
    struct json *expected = json_load("tests/data/good/gguf/pre.json", 0, &err);
    cr_assert(expected && file_map(path, &file, &err) && gguf_read(&file, &gguf, &err), "%s", err.message);
    const struct json *texts = json_get(expected, "texts"), *ids;
    struct json_cursor cursor = {0};
    struct str kind;
    size_t kinds = 0;
    for (; json_next(json_get(expected, "ids"), &cursor, &kind, &ids); kinds++) {
        char name[64];
        unsigned char room[80];
        snprintf(name, sizeof name, "%.*s", STR_ARGS(kind));
        put_text(&gguf, "tokenizer.ggml.pre", name, room);
        struct tokenizer *tokenizer = gguf_tokenizer(&gguf, &err);
        cr_assert(tokenizer, "%s: %s", name, err.message);
        compare(tokenizer, kind, texts, ids, &failures);
        tokenizer_free(tokenizer);
    }
    cr_expect(kinds >= 20, "%zu kinds", kinds);
    cr_expect(failures.n == 0, "%s", buf_cstr(&failures));
    buf_free(&failures);
    gguf_free(&gguf);
    file_unmap(&file);
    json_free(expected);
}

Test(gguf_tokenizers, a_kind_that_is_not_known_is_refused_by_name)
{
    struct err err = {0};
    struct file file;
    struct gguf gguf;
    unsigned char room[80];
    cr_assert(file_map("tests/data/good/gguf/pre.gguf", &file, &err) && gguf_read(&file, &gguf, &err), "%s", err.message);
    put_text(&gguf, "tokenizer.ggml.pre", "kimi-k2", room);
    struct tokenizer *tokenizer = gguf_tokenizer(&gguf, &err);
    cr_expect(!tokenizer && strstr(err.message, "\"kimi-k2\"") && strstr(err.message, "deepseek-v3"), "%s", err.message);
    tokenizer_free(tokenizer);
    gguf_free(&gguf);
    file_unmap(&file);
}

Test(gguf_tokenizers, roles_and_case_that_a_file_leaves_unsaid_follow_from_its_tokens)
{
    struct err err = {0};
    struct buf failures = {0};
    struct json *expected = json_load("tests/data/good/gguf/pre.json", 0, &err);
    const struct json *texts = json_get(expected, "unsaid_texts"), *ids;
    struct json_cursor cursor = {0};
    struct str name;
    size_t files = 0;
    for (; json_next(json_get(expected, "unsaid"), &cursor, &name, &ids); files++) {
        char path[120];
        struct file file;
        struct gguf gguf;
        snprintf(path, sizeof path, "tests/data/good/gguf/%.*s.gguf", STR_ARGS(name));
        cr_assert(file_map(path, &file, &err) && gguf_read(&file, &gguf, &err), "%s", err.message);
        struct tokenizer *tokenizer = gguf_tokenizer(&gguf, &err);
        cr_assert(tokenizer, "%s", err.message);
        compare(tokenizer, name, texts, ids, &failures);
        tokenizer_free(tokenizer);
        gguf_free(&gguf);
        file_unmap(&file);
    }
    cr_expect(files == 3 && failures.n == 0, "%zu files%s", files, buf_cstr(&failures));
    buf_free(&failures);
    json_free(expected);
}
