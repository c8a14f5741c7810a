/* Shards: an index that says which file holds which tensor. See shards.h. */
#include "core/weights/shards.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/json.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number of five digits or more at s[*at]. */
static bool take_number(struct str s, size_t *at, size_t *out)
{
    size_t first = *at;
    for (*out = 0; *at < s.n && is_digit(s.s[*at]) && *at - first < 9; ++*at)
        *out = *out * 10 + (size_t)(s.s[*at] - '0');
    return *at - first >= 5;
}

bool shard_name(struct str file, struct shard_name *out)
{
    for (size_t i = 0; i + 15 <= file.n; i++) {
        size_t at = i + 1;
        if (file.s[i] != '-' || !take_number(file, &at, &out->part) || at + 4 > file.n || memcmp(file.s + at, "-of-", 4) != 0)
            continue;
        at += 4;
        if (!take_number(file, &at, &out->parts) || out->part == 0 || out->part > out->parts)
            continue;
        out->stem = (struct str){file.s, i};
        out->rest = (struct str){file.s + at, file.n - at};
        return true;
    }
    return false;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The files that the index names, each once. */
static bool files_of(const char *index, const struct json *map, struct str *names, size_t *n_out, struct err *err)
{
    struct json_cursor cursor = {0};
    struct str tensor;
    const struct json *value;
    size_t n = 0;
    while (json_next(map, &cursor, &tensor, &value)) {
        struct str file = json_str(value, NULL);
        if (!file.n || memchr(file.s, '/', file.n) || memchr(file.s, 0, file.n))
            return err_set(err, ERR_FORMAT, "%s: tensor %.*s: \"%.*s\" is no file name in this folder", index, STR_ARGS(tensor),
                           STR_ARGS(file));
        if (!n || !str_eq(names[n - 1], file))
            names[n++] = file;
    }
    *n_out = 0;
    if (n)
        qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; i < n; i++)
        if (!i || !str_eq(names[i], names[i - 1]))
            names[(*n_out)++] = names[i];
    return true;
}

/* Every tensor that the index names must be in one of the shards. */
static bool check_index(const struct weights *weights, const char *index, const struct json *map, struct err *err)
{
    struct json_cursor cursor = {0};
    struct str tensor;
    const struct json *value;
    while (json_next(map, &cursor, &tensor, &value)) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "%s: interrupted", index);
        if (!weights_find(weights, tensor) && !weights_find_stand_in(weights, tensor))
            return err_set(err, ERR_FORMAT, "%s: names tensor %.*s, which is in none of the shards", index, STR_ARGS(tensor));
    }
    return true;
}

static struct weights *open_map(const char *index, const struct json *map, struct err *err)
{
    struct weights *weights = NULL;
    size_t n = 0, joined = 0;
    struct str *names = mem_new(json_count(map), sizeof *names, "a list of files", err);
    char *folder = names ? path_folder(index, err) : NULL, **paths = NULL;
    if (folder && files_of(index, map, names, &n, err))
        paths = mem_new(n, sizeof *paths, "a list of files", err);
    while (paths && joined < n) {
        char *name = mem_copy_str(names[joined], err);
        paths[joined] = name ? path_join(folder, name, err) : NULL;
        free(name);
        if (!paths[joined])
            break;
        joined++;
    }
    if (paths && joined == n)
        weights = weights_open_files(index, paths, n, map, err);
    if (weights && !check_index(weights, index, map, err)) {
        weights_close(weights);
        weights = NULL;
    }
    for (size_t i = 0; paths && i < joined; i++)
        free(paths[i]);
    free(paths);
    free(folder);
    free(names);
    return weights;
}

struct weights *shards_open(const char *path, struct err *err)
{
    struct json *index = json_load(path, 0, err);
    if (!index)
        return NULL;
    const struct json *map = json_get(index, "weight_map");
    struct weights *weights = NULL;
    if (json_is_object(map))
        weights = open_map(path, map, err);
    else
        err_set(err, ERR_FORMAT, "%s: no weight_map", path);
    json_free(index);
    return weights;
}
