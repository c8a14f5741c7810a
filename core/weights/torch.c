/* Files of torch.save: the zip archive since PyTorch 1.6, and the row of pickles before it.
 *
 *   zip:     ROOT/data.pkl (the object), ROOT/data/KEY (the bytes of each storage, stored, aligned), ROOT/byteorder, …
 *   before:  magic number, protocol 1001, system, object, list of keys, each a pickle; then, in the list's order, of every
 *            storage u64 elements and its bytes, not aligned
 *
 * Objects refer to storages by persistent ids. A TorchScript archive holds code and is refused. (torch/serialization.py.) */
#include <stdlib.h>
#include <string.h>

#include "core/weights/state_dict.h"

static const unsigned char legacy_magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
enum { LEGACY_PROTOCOL = 1001, LEGACY_MAGIC_AT = 4 };

static bool is_zip(const unsigned char *data, size_t size)
{
    return size >= 4 && memcmp(data, "PK\3\4", 4) == 0;
}

/* PROTO 2, LONG1 of 10 bytes: the magic number. */
static bool is_legacy(const unsigned char *data, size_t size)
{
    return size > LEGACY_MAGIC_AT + sizeof legacy_magic && data[0] == 0x80 && data[2] == 0x8a &&
           data[3] == sizeof legacy_magic && memcmp(data + LEGACY_MAGIC_AT, legacy_magic, sizeof legacy_magic) == 0;
}

static bool torch_is(const unsigned char *data, size_t size)
{
    return is_zip(data, size) || is_legacy(data, size);
}

/* ---- zip ---- */

/* The root that holds data.pkl, with its slash. */
static bool find_root(const struct zip *zip, const char *path, struct str *out, struct err *err)
{
    for (size_t i = 0; i < zip->n; i++) {
        struct str name = zip->members[i].name;
        const char *slash = memchr(name.s, '/', name.n);
        if (slash && str_is((struct str){slash, name.n - (size_t)(slash - name.s)}, "/data.pkl")) {
            *out = (struct str){name.s, (size_t)(slash - name.s) + 1};
            return true;
        }
    }
    return err_set(err, ERR_FORMAT, "%s: a zip archive without data.pkl: torch.save did not write it", path);
}

static const struct zip_member *member(const struct zip *zip, struct str root, const char *name)
{
    struct buf whole = {0};
    buf_str(&whole, root);
    buf_puts(&whole, name);
    const struct zip_member *found = buf_ok(&whole, NULL) ? zip_find(zip, buf_view(&whole)) : NULL;
    buf_free(&whole);
    return found;
}

/* TorchScript keeps constants.pkl and code/ beside the data. */
static bool check_plain(const struct zip *zip, struct str root, const char *path, struct err *err)
{
    const struct zip_member *order = member(zip, root, "byteorder");
    bool script = member(zip, root, "constants.pkl") != NULL;
    for (size_t i = 0; !script && i < zip->n; i++)
        script = str_starts(zip->members[i].name, root) &&
                 str_starts((struct str){zip->members[i].name.s + root.n, zip->members[i].name.n - root.n}, STR("code/"));
    if (script)
        return err_set(err, ERR_UNSUPPORTED, "%s: a TorchScript archive, which holds a program; what is read is a state dict: "
                       "torch.save(torch.jit.load(…).state_dict(), …)", path);
    if (order && !str_is((struct str){(const char *)order->data, order->size}, "little"))
        return err_set(err, ERR_UNSUPPORTED, "%s: numbers in another byte order than little-endian", path);
    return true;
}

static bool read_zip(struct weights *weights, const struct file *file, struct pickle *pickle, struct err *err)
{
    struct zip zip;
    struct str root;
    pickle_ref object;
    size_t used;
    if (!zip_open(file, &zip, err))
        return false;
    bool ok = find_root(&zip, file->path, &root, err) && check_plain(&zip, root, file->path, err);
    const struct zip_member *data = ok ? member(&zip, root, "data.pkl") : NULL;
    if (data && pickle_read(pickle, data->data, data->size, &object, &used, err)) {
        struct buf folder = {0};
        buf_str(&folder, root);
        buf_puts(&folder, "data/");
        struct storages storages = {.path = file->path, .zip = &zip, .root = buf_view(&folder)};
        ok = buf_ok(&folder, err) && state_dict_read(weights, file, pickle, object, &storages, err);
        buf_free(&folder);
    } else {
        ok = false;
    }
    zip_close(&zip);
    return ok;
}

/* ---- before 1.6 ---- */

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct piece *)a)->key, ((const struct piece *)b)->key);
}

/* Every storage that the object refers to: key, elements and bytes of each. */
static bool list_pieces(struct storages *storages, const struct pickle *pickle, struct err *err)
{
    for (size_t i = 0; i < pickle_count(pickle); i++) {
        const struct pickle_value *v = pickle_get(pickle, (pickle_ref)i);
        const struct dtype *dtype;
        if (v->kind != PICKLE_PERSISTENT || !str_is(pickle_text(pickle, pickle_item(pickle, v->as.id, 0)), "storage"))
            continue;
        const struct pickle_value *class = pickle_get(pickle, pickle_item(pickle, v->as.id, 1));
        const struct pickle_value *numel = pickle_get(pickle, pickle_item(pickle, v->as.id, 4));
        struct piece piece = {.key = pickle_text(pickle, pickle_item(pickle, v->as.id, 2))};
        if (!piece.key.s || class->kind != PICKLE_GLOBAL || numel->kind != PICKLE_INT || numel->as.integer < 0)
            return err_set(err, ERR_FORMAT, "%s: a storage without key, class or size", storages->path);
        if (!storage_class(pickle_text(pickle, class->as.global.name), &dtype))
            return err_set(err, ERR_UNSUPPORTED, "%s: storage %.*s is of class \"%.*s\", which is not read", storages->path,
                           STR_ARGS(piece.key), STR_ARGS(pickle_text(pickle, class->as.global.name)));
        piece.numel = (size_t)numel->as.integer;
        if (!size_mul(piece.numel, dtype ? dtype->bytes : 1, &piece.bytes))
            return err_set(err, ERR_FORMAT, "%s: storage %.*s: its size overflows", storages->path, STR_ARGS(piece.key));
        if (!mem_grow((void **)&storages->pieces, &storages->capacity, storages->n + 1, sizeof piece, "a list of storages", err))
            return false;
        storages->pieces[storages->n++] = piece;
    }
    if (storages->n)
        qsort(storages->pieces, storages->n, sizeof *storages->pieces, by_key);
    size_t n = 0;
    for (size_t i = 0; i < storages->n; i++)
        if (!n || !str_eq(storages->pieces[n - 1].key, storages->pieces[i].key))
            storages->pieces[n++] = storages->pieces[i];
    storages->n = n;
    return true;
}

/* The bytes of each storage, in the order of the list of keys. */
static bool place_pieces(struct storages *storages, const struct file *file, size_t at, const struct pickle *pickle,
                         pickle_ref keys, struct err *err)
{
    const struct pickle_value *list = pickle_get(pickle, keys);
    for (uint32_t i = 0; list->kind == PICKLE_LIST && i < list->n; i++) {
        struct piece wanted = {.key = pickle_text(pickle, pickle_item(pickle, keys, i))};
        struct piece *piece = storages->n ? bsearch(&wanted, storages->pieces, storages->n, sizeof wanted, by_key) : NULL;
        if (!piece || piece->data)
            return err_set(err, ERR_FORMAT, "%s: storage %.*s is %s", storages->path, STR_ARGS(wanted.key),
                           piece ? "listed twice" : "listed, and nothing refers to it");
        uint64_t numel = 0;
        for (size_t k = 8; file->size - at >= 8 && k-- > 0;)
            numel = numel << 8 | file->data[at + k];
        if (file->size - at < 8 || numel != piece->numel || piece->bytes > file->size - at - 8)
            return err_set(err, ERR_FORMAT, "%s: storage %.*s should hold %zu elements; at byte %zu %llu are announced and %zu bytes "
                           "are there", storages->path, STR_ARGS(wanted.key), piece->numel, at, (unsigned long long)numel,
                           file->size - at);
        piece->data = file->data + at + 8;
        at += 8 + piece->bytes;
    }
    return list->kind == PICKLE_LIST || err_set(err, ERR_FORMAT, "%s: no list of storages", storages->path);
}

static bool read_legacy(struct weights *weights, const struct file *file, struct pickle *pickle, struct err *err)
{
    struct storages storages = {.path = file->path};
    pickle_ref part[5]; /* magic, protocol, system, object, keys */
    size_t at = 0, used;
    for (size_t i = 0; i < 5; i++, at += used)
        if (!pickle_read(pickle, file->data + at, file->size - at, &part[i], &used, err))
            return false;
    const struct pickle_value *protocol = pickle_get(pickle, part[1]);
    const struct pickle_value *little = pickle_get(pickle, pickle_lookup(pickle, part[2], "little_endian"));
    if (protocol->kind != PICKLE_INT || protocol->as.integer != LEGACY_PROTOCOL)
        return err_set(err, ERR_UNSUPPORTED, "%s: not protocol %d of torch.save", file->path, LEGACY_PROTOCOL);
    if (little->kind == PICKLE_BOOL && !little->as.integer)
        return err_set(err, ERR_UNSUPPORTED, "%s: numbers in another byte order than little-endian", file->path);
    bool ok = list_pieces(&storages, pickle, err) && place_pieces(&storages, file, at, pickle, part[4], err) &&
              state_dict_read(weights, file, pickle, part[3], &storages, err);
    free(storages.pieces);
    return ok;
}

static bool torch_read(struct weights *weights, const struct file *file, struct err *err)
{
    bool zip = is_zip(file->data, file->size);
    if (!zip && !is_legacy(file->data, file->size))
        return err_set(err, ERR_FORMAT, "%s: neither form of torch.save (a zip archive, or pickles with its magic number): another "
                       "format, or truncated", file->path);
    struct pickle *pickle = pickle_new(file->path, err);
    bool ok = pickle && (zip ? read_zip(weights, file, pickle, err) : read_legacy(weights, file, pickle, err));
    pickle_free(pickle);
    return ok;
}

const struct weights_format weights_torch = {
    .name = "torch",
    .summary = "PyTorch's torch.save, both forms, one file or shards with their index",
    .stem = "pytorch_model",
    .suffixes = ".bin|.pt|.pth|.ckpt",
    .is = torch_is,
    .read = torch_read,
};
