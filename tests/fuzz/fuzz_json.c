/* JSON, read and written back. */
#include "tests/fuzz/fuzz.h"
#include "core/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct json *document = json_parse((struct str){(const char *)data, size}, "x.json", JSON_STRICT_KEYS, &err);
    fuzz_check(document, &err, "x.json");
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    while (json_next(document, &cursor, &key, &value)) {
        struct buf text = {0};
        size_t size_out;
        json_quote(&text, key);
        json_put_number(&text, json_number(value, 0));
        if (!json_size(value, "value", &size_out, &err))
            fuzz_check(false, &err, "value");
        buf_free(&text);
    }
    json_free(document);
    return 0;
}
