/* A file of asciicast v2: lines of JSON, characters that are cut between two writes, an end that is always whole. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../support/scratch.h"
#include "core/base/json.h"
#include "repl/terminal/cast.h"

static const struct cast_header header = {.columns = 80, .rows = 24, .timestamp = 12, .term = "xterm", .title = {"a \"b\"", 5}};

static struct cast begun(const char *path)
{
    struct cast cast;
    struct err err = {0};
    cr_assert(cast_open(&cast, path, &header, &err), "%s", err.message);
    return cast;
}

static void event(struct cast *cast, double seconds, enum cast_code code, struct str bytes)
{
    struct err err = {0};
    cr_assert(cast_event(cast, seconds, code, bytes, &err), "%s", err.message);
}

static void check(const char *path, const char *wanted)
{
    struct file file;
    struct err err = {0};
    cr_assert(file_map(path, &file, &err), "%s", err.message);
    cr_expect(file.size == strlen(wanted) && memcmp(file.data, wanted, file.size) == 0, "%.*s", (int)file.size, (const char *)file.data);
    file_unmap(&file);
}

#define HEADER "{\"version\": 2, \"width\": 80, \"height\": 24, \"timestamp\": 12, \"title\": \"a \\\"b\\\"\", \"env\": {\"TERM\": \"xterm\"}}\n"

Test(cast, is_a_header_and_an_event_a_line)
{
    const char *path = scratch_path("a.cast");
    struct cast cast = begun(path);
    struct err err = {0};
    event(&cast, 0.5, CAST_OUTPUT, STR("\033[1mhi\r\n"));
    event(&cast, 1.25, CAST_RESIZE, STR("100x30"));
    event(&cast, 2, CAST_INPUT, STR("q"));
    cr_expect(!file_exists(path), "it has no name yet");
    cr_expect_eq(cast.events, 3);
    cr_assert(cast_close(&cast, &err), "%s", err.message);
    check(path, HEADER "[0.500000, \"o\", \"\\u001b[1mhi\\u000d\\n\"]\n[1.250000, \"r\", \"100x30\"]\n[2.000000, \"i\", \"q\"]\n");
}

Test(cast, waits_for_the_rest_of_a_character)
{
    const char *path = scratch_path("b.cast"), *word = "a\xe7\x8c\xab\xf0\x9f\x90\xb1z";
    struct cast cast = begun(path);
    struct err err = {0};
    struct buf all = {0};
    for (size_t i = 0; i < strlen(word); i++) /* byte by byte */
        event(&cast, (double)i, CAST_OUTPUT, (struct str){word + i, 1});
    event(&cast, 20, CAST_OUTPUT, STR("\xff\xe7"));
    cr_assert(cast_close(&cast, &err), "%s", err.message);
    struct file file;
    cr_assert(file_map(path, &file, &err), "%s", err.message);
    for (const char *at = (const char *)file.data, *end; at < (const char *)file.data + file.size; at = end + 1) {
        end = memchr(at, '\n', file.size);
        struct json *line = json_parse((struct str){at, (size_t)(end - at)}, "a line", 0, &err);
        cr_assert(line, "%s", err.message);
        if (json_is_array(line))
            buf_str(&all, json_str(json_at(line, 2), ""));
        json_free(line);
    }
    cr_expect_str_eq(buf_cstr(&all), "a\xe7\x8c\xab\xf0\x9f\x90\xb1z\xef\xbf\xbd\xef\xbf\xbd", "what never gets whole is U+FFFD");
    buf_free(&all);
    file_unmap(&file);
}

Test(cast, of_nothing_is_a_header_and_a_refused_path_leaves_nothing)
{
    const char *path = scratch_path("c.cast");
    struct cast cast = begun(path);
    struct err err = {0};
    cr_assert(cast_close(&cast, &err), "%s", err.message);
    check(path, HEADER);
    cr_expect(!cast_open(&cast, "/nowhere/at/all.cast", &header, &err) && err.code == ERR_IO);
    cr_expect(!cast_open(&cast, "/dev/full", &header, &err) && err.code == ERR_IO);
}
