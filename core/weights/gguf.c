/* GGUF, versions 2 and 3. See gguf.h.
 *
 *   0       4            8              16           24
 *   "GGUF"  u32 version  u64 n tensors  u64 n pairs  pairs  entries of tensors  padding  data
 *
 *   pair    string key, u32 type, value            string   u64 bytes, bytes
 *   array   u32 type of the items, u64 n, items    entry    string name, u32 rank, u64 × rank, u32 type, u64 offset
 *
 * All little-endian; the innermost side of a tensor comes first. Offsets count from the data's start, which is a multiple of
 * general.alignment (32 where the file does not say), as they are. */
#include "core/weights/gguf.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"

enum { NAME_LIMIT = 64, KEY_LIMIT = 65535, NESTING = 4, ALIGNMENT = 32, LEAST_PAIR = 8 + 1 + 4 + 1, LEAST_ENTRY = 8 + 4 + 4 + 8 };

static const unsigned char sizes[GGUF_TYPES] = {
    [GGUF_U8] = 1,  [GGUF_I8] = 1,   [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4,
    [GGUF_F32] = 4, [GGUF_BOOL] = 1, [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8, /* a string or an array: 0 */
};

/* ---- reading from bytes that may end anywhere ---- */

struct cursor {
    const struct file *file;
    size_t at;
    struct err *err;
};

static size_t left(const struct cursor *c)
{
    return c->file->size - c->at;
}

static bool ends(const struct cursor *c, const char *what)
{
    return err_set(c->err, ERR_FORMAT, "%s: ends within %s, at byte %zu: truncated", c->file->path, what, c->at);
}

static uint64_t bits_at(const unsigned char *at, int bytes)
{
    uint64_t bits = 0;
    while (bytes-- > 0)
        bits = bits << 8 | at[bytes];
    return bits;
}

static bool take(struct cursor *c, int bytes, const char *what, uint64_t *out)
{
    *out = 0;
    if (left(c) < (size_t)bytes)
        return ends(c, what);
    *out = bits_at(c->file->data + c->at, bytes);
    c->at += (size_t)bytes;
    return true;
}

static bool take_u32(struct cursor *c, const char *what, uint32_t *out)
{
    uint64_t bits;
    bool ok = take(c, 4, what, &bits);
    *out = (uint32_t)bits;
    return ok;
}

/* A number of things of at least `least` bytes each, which the rest of the file must have room for. */
static bool take_count(struct cursor *c, size_t least, const char *what, size_t *out)
{
    uint64_t n;
    *out = 0;
    if (!take(c, 8, what, &n))
        return false;
    if (n > left(c) / least)
        return err_set(c->err, ERR_FORMAT, "%s: %llu as %s, at byte %zu, where %zu bytes are left", c->file->path,
                       (unsigned long long)n, what, c->at - 8, left(c));
    *out = (size_t)n;
    return true;
}

static bool take_string(struct cursor *c, const char *what, struct str *out)
{
    size_t n;
    *out = (struct str){0};
    if (!take_count(c, 1, what, &n))
        return false;
    *out = (struct str){(const char *)c->file->data + c->at, n};
    c->at += n;
    return true;
}

/* ---- metadata ---- */

static bool take_type(struct cursor *c, struct str key, enum gguf_type *out)
{
    uint32_t type;
    if (!take_u32(c, "a type of value", &type))
        return false;
    if (type >= GGUF_TYPES)
        return err_set(c->err, ERR_FORMAT, "%s: key %.*s: a value of type %u, at byte %zu; there are %d types", c->file->path,
                       STR_ARGS(key), type, c->at - 4, GGUF_TYPES);
    *out = (enum gguf_type)type;
    return true;
}

static bool pass_items(struct cursor *c, struct str key, enum gguf_type type, size_t n, int depth);

static bool take_array(struct cursor *c, struct str key, int depth, struct gguf_value *out)
{
    if (depth > NESTING)
        return err_set(c->err, ERR_FORMAT, "%s: key %.*s: arrays in arrays more than %d deep", c->file->path, STR_ARGS(key),
                       NESTING);
    if (!take_type(c, key, &out->type))
        return false;
    size_t least = out->type == GGUF_STRING ? 8 : out->type == GGUF_ARRAY ? 12 : sizes[out->type];
    if (!take_count(c, least, "the length of an array", &out->n))
        return false;
    out->array = true;
    out->at = c->file->data + c->at;
    return pass_items(c, key, out->type, out->n, depth);
}

/* Go behind n values, which are checked on the way. */
static bool pass_items(struct cursor *c, struct str key, enum gguf_type type, size_t n, int depth)
{
    struct gguf_value inner;
    struct str text;
    if (type != GGUF_STRING && type != GGUF_ARRAY && n > left(c) / sizes[type])
        return ends(c, "a value");
    for (size_t i = 0; i < n && type == GGUF_BOOL; i++)
        if (c->file->data[c->at + i] > 1)
            return err_set(c->err, ERR_FORMAT, "%s: key %.*s: a truth value of %d, at byte %zu", c->file->path, STR_ARGS(key),
                           c->file->data[c->at + i], c->at + i);
    if (type != GGUF_STRING && type != GGUF_ARRAY) {
        c->at += n * sizes[type];
        return true;
    }
    for (size_t i = 0; i < n; i++)
        if (type == GGUF_STRING ? !take_string(c, "the length of a string", &text) : !take_array(c, key, depth + 1, &inner))
            return false;
    return true;
}

static bool take_pair(struct cursor *c, struct gguf_pair *out)
{
    if (!take_string(c, "the length of a key", &out->key))
        return false;
    if (!out->key.n || out->key.n > KEY_LIMIT)
        return err_set(c->err, ERR_FORMAT, "%s: a key of %zu bytes before byte %zu; it has 1 to %d", c->file->path, out->key.n,
                       c->at, KEY_LIMIT);
    if (!take_type(c, out->key, &out->value.type))
        return false;
    if (out->value.type == GGUF_ARRAY)
        return take_array(c, out->key, 1, &out->value);
    out->value.n = 1;
    out->value.at = c->file->data + c->at;
    return pass_items(c, out->key, out->value.type, 1, 0);
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct gguf_pair *)a)->key, ((const struct gguf_pair *)b)->key);
}

static bool read_pairs(struct cursor *c, struct gguf *gguf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct gguf_pair pair = {0};
        if (i % 1024 == 0 && cancel_requested())
            return err_set(c->err, ERR_CANCELLED, "%s: interrupted", c->file->path);
        if (!take_pair(c, &pair) ||
            !mem_grow((void **)&gguf->pairs, &gguf->pair_capacity, gguf->n_pairs + 1, sizeof pair, "a file's metadata", c->err))
            return false;
        gguf->pairs[gguf->n_pairs++] = pair;
    }
    if (gguf->n_pairs)
        qsort(gguf->pairs, gguf->n_pairs, sizeof *gguf->pairs, by_key);
    for (size_t i = 1; i < gguf->n_pairs; i++)
        if (str_eq(gguf->pairs[i - 1].key, gguf->pairs[i].key))
            return err_set(c->err, ERR_FORMAT, "%s: key %.*s is there twice", c->file->path, STR_ARGS(gguf->pairs[i].key));
    return true;
}

/* ---- entries of tensors ---- */

static bool take_shape(struct cursor *c, struct gguf_tensor *out)
{
    uint32_t rank;
    if (!take_u32(c, "a tensor's rank", &rank))
        return false;
    if (rank > TENSOR_RANK)
        return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: rank %u, at most %d is read", c->file->path, STR_ARGS(out->name),
                       rank, TENSOR_RANK);
    out->rank = (int)rank;
    for (int i = out->rank - 1; i >= 0; i--) {
        uint64_t side;
        if (!take(c, 8, "a tensor's shape", &side))
            return false;
        if (side > SIZE_MAX / 16)
            return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: a side of %llu", c->file->path, STR_ARGS(out->name),
                           (unsigned long long)side);
        out->shape[i] = (size_t)side;
    }
    return true;
}

static bool take_dtype(struct cursor *c, struct gguf_tensor *out)
{
    uint32_t number;
    if (!take_u32(c, "a tensor's type", &number))
        return false;
    const char *name = gguf_type_named(number, &out->dtype);
    if (!out->dtype)
        return err_set(c->err, name ? ERR_UNSUPPORTED : ERR_FORMAT,
                       "%s: tensor %.*s: numbers of type %u%s%s%s, which is not read", c->file->path, STR_ARGS(out->name), number,
                       name ? " (" : "", name ? name : "", name ? ")" : "");
    size_t row = out->rank ? out->shape[out->rank - 1] : 1, numbers = 1;
    if (row % out->dtype->block)
        return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: rows of %zu numbers, %s comes in blocks of %zu", c->file->path,
                       STR_ARGS(out->name), row, name, out->dtype->block);
    for (int i = 0; i < out->rank; i++)
        if (!size_mul(numbers, out->shape[i], &numbers))
            return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: its shape overflows", c->file->path, STR_ARGS(out->name));
    return dtype_size(out->dtype, numbers, &out->bytes) ||
           err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: its shape overflows", c->file->path, STR_ARGS(out->name));
}

static bool take_entry(struct cursor *c, size_t alignment, struct gguf_tensor *out)
{
    uint64_t begin;
    if (!take_string(c, "the length of a tensor's name", &out->name))
        return false;
    if (!out->name.n || out->name.n > NAME_LIMIT)
        return err_set(c->err, ERR_FORMAT, "%s: a tensor's name of %zu bytes before byte %zu; it has 1 to %d", c->file->path,
                       out->name.n, c->at, NAME_LIMIT);
    if (!take_shape(c, out) || !take_dtype(c, out) || !take(c, 8, "a tensor's offset", &begin))
        return false;
    if (begin % alignment)
        return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: offset %llu is no multiple of the alignment %zu", c->file->path,
                       STR_ARGS(out->name), (unsigned long long)begin, alignment);
    if (begin > c->file->size || out->bytes > c->file->size - (size_t)begin)
        return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: %zu bytes from %llu on, past the end of the file's %zu",
                       c->file->path, STR_ARGS(out->name), out->bytes, (unsigned long long)begin, c->file->size);
    out->begin = (size_t)begin;
    return true;
}

static bool read_entries(struct cursor *c, struct gguf *gguf, size_t n, size_t alignment)
{
    for (size_t i = 0; i < n; i++) {
        struct gguf_tensor tensor = {0};
        if (i % 1024 == 0 && cancel_requested())
            return err_set(c->err, ERR_CANCELLED, "%s: interrupted", c->file->path);
        if (!take_entry(c, alignment, &tensor) || !mem_grow((void **)&gguf->tensors, &gguf->tensor_capacity, gguf->n_tensors + 1,
                                                            sizeof tensor, "a list of tensors", c->err))
            return false;
        gguf->tensors[gguf->n_tensors++] = tensor;
    }
    return true;
}

static int by_begin(const void *a, const void *b)
{
    const struct gguf_tensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* Every tensor ends before the next begins and before the file does. */
static bool check_places(const struct cursor *c, struct gguf *gguf)
{
    size_t available = c->file->size - gguf->data_at;
    if (gguf->n_tensors)
        qsort(gguf->tensors, gguf->n_tensors, sizeof *gguf->tensors, by_begin);
    for (size_t i = 0; i < gguf->n_tensors; i++) {
        const struct gguf_tensor *t = &gguf->tensors[i], *next = i + 1 < gguf->n_tensors ? t + 1 : NULL;
        if (t->begin > available || t->bytes > available - t->begin)
            return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s: %zu bytes from %zu on, past the end of the %zu bytes of data",
                           c->file->path, STR_ARGS(t->name), t->bytes, t->begin, available);
        if (next && t->bytes > next->begin - t->begin)
            return err_set(c->err, ERR_FORMAT, "%s: tensor %.*s begins within %.*s", c->file->path, STR_ARGS(next->name),
                           STR_ARGS(t->name));
    }
    return true;
}

/* ---- the whole ---- */

static bool gguf_is(const unsigned char *data, size_t size)
{
    return size >= 4 && memcmp(data, "GGUF", 4) == 0;
}

static bool check_version(struct cursor *c, struct gguf *gguf)
{
    uint32_t version;
    c->at = 4;
    if (!take_u32(c, "the version", &version))
        return false;
    gguf->version = version;
    if (version == 2 || version == 3)
        return true;
    if (version == 0x02000000 || version == 0x03000000)
        return err_set(c->err, ERR_UNSUPPORTED, "%s: a big-endian GGUF file, which is not read: convert it", c->file->path);
    return err_set(c->err, ERR_UNSUPPORTED, "%s: GGUF version %u; 2 and 3 are read", c->file->path, version);
}

static bool find_alignment(const struct cursor *c, const struct gguf *gguf, size_t *out)
{
    const struct gguf_value *value = gguf_find(gguf, "general.alignment");
    double n = gguf_number(gguf, "general.alignment", ALIGNMENT);
    *out = n >= 1 && n <= UINT32_MAX ? (size_t)n : 0;
    if ((value && (value->array || value->type == GGUF_STRING)) || !*out || (*out & (*out - 1)) || (double)*out != n)
        return err_set(c->err, ERR_FORMAT, "%s: general.alignment is no power of two", c->file->path);
    return true;
}

bool gguf_read(const struct file *file, struct gguf *out, struct err *err)
{
    struct cursor c = {file, 0, err};
    size_t tensors, pairs, alignment, behind;
    *out = (struct gguf){.path = file->path};
    if (!gguf_is(file->data, file->size))
        return err_set(err, ERR_FORMAT, "%s: does not begin with \"GGUF\"", file->path);
    if (!check_version(&c, out) || !take_count(&c, LEAST_ENTRY, "the number of tensors", &tensors) ||
        !take_count(&c, LEAST_PAIR, "the number of keys", &pairs) || !read_pairs(&c, out, pairs) ||
        !find_alignment(&c, out, &alignment) || !read_entries(&c, out, tensors, alignment))
        return false;
    if (!size_add(c.at, alignment - 1, &behind))
        return ends(&c, "its padding");
    out->data_at = behind / alignment * alignment;
    if (out->data_at > file->size && tensors)
        return ends(&c, "the padding before the data");
    if (!tensors)
        out->data_at = file->size < out->data_at ? file->size : out->data_at;
    return check_places(&c, out);
}

void gguf_free(struct gguf *gguf)
{
    free(gguf->pairs);
    free(gguf->tensors);
    *gguf = (struct gguf){0};
}

/* ---- the metadata's values ---- */

const struct gguf_value *gguf_find(const struct gguf *gguf, const char *key)
{
    const struct gguf_pair wanted = {.key = str_of(key)};
    const struct gguf_pair *found = gguf->n_pairs ? bsearch(&wanted, gguf->pairs, gguf->n_pairs, sizeof wanted, by_key) : NULL;
    return found ? &found->value : NULL;
}

struct str gguf_next_text(const unsigned char **at)
{
    size_t n = (size_t)bits_at(*at, 8);
    struct str text = {(const char *)*at + 8, n};
    *at += 8 + n;
    return text;
}

struct str gguf_text(const struct gguf *gguf, const char *key)
{
    const struct gguf_value *value = gguf_find(gguf, key);
    if (!value || value->array || value->type != GGUF_STRING)
        return (struct str){0};
    const unsigned char *at = value->at;
    return gguf_next_text(&at);
}

double gguf_item(const struct gguf_value *value, size_t i)
{
    const unsigned char *at = value->at + i * sizes[value->type];
    uint64_t bits = bits_at(at, sizes[value->type]);
    uint32_t low = (uint32_t)bits;
    float single;
    double number;
    switch (value->type) { /* closed: the format's types */
    case GGUF_U8:
    case GGUF_U16:
    case GGUF_U32:
    case GGUF_U64:
    case GGUF_BOOL: return (double)bits;
    case GGUF_I8: return (double)(int8_t)bits;
    case GGUF_I16: return (double)(int16_t)bits;
    case GGUF_I32: return (double)(int32_t)bits;
    case GGUF_I64: return (double)(int64_t)bits;
    case GGUF_F32: memcpy(&single, &low, sizeof single); return (double)single;
    case GGUF_F64: memcpy(&number, &bits, sizeof number); return number;
    default: return 0;
    }
}

double gguf_number(const struct gguf *gguf, const char *key, double fallback)
{
    const struct gguf_value *value = gguf_find(gguf, key);
    return value && !value->array && value->type != GGUF_STRING ? gguf_item(value, 0) : fallback;
}

bool gguf_bool(const struct gguf *gguf, const char *key, bool fallback)
{
    return gguf_number(gguf, key, fallback) != 0;
}

/* ---- as weights ---- */

static bool add_tensors(struct weights *weights, const struct file *file, const struct gguf *gguf, struct err *err)
{
    for (size_t i = 0; i < gguf->n_tensors; i++) {
        const struct gguf_tensor *from = &gguf->tensors[i];
        struct tensor tensor = {
            .name = from->name, .dtype = from->dtype, .rank = from->rank, .bytes = from->bytes, .file = file->path};
        memcpy(tensor.shape, from->shape, sizeof tensor.shape);
        tensor.data = file->data + gguf->data_at + from->begin;
        if (!weights_add(weights, tensor, err))
            return false;
    }
    return true;
}

static bool read(struct weights *weights, const struct file *file, struct err *err)
{
    struct gguf gguf;
    bool ok = gguf_read(file, &gguf, err) && add_tensors(weights, file, &gguf, err);
    gguf_free(&gguf);
    return ok;
}

const struct weights_format weights_gguf = {
    .name = "GGUF",
    .summary = "GGUF 2 and 3, one file or its splits: weights of every type, configuration and tokenizer",
    .suffixes = ".gguf",
    .numbers = gguf_types,
    .is = gguf_is,
    .read = read,
};
