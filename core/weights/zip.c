/* Stored members of a zip archive. See zip.h.
 *
 *   | local header, name, extra, data | … | central directory | (zip64 end, its locator) | end |
 *
 * A local header may hold zeros for sizes and leave them to a data descriptor behind the data, so sizes come from the central
 * directory; but the data begin behind the *local* name and extra field, which may be longer there (PyTorch pads it so that
 * data are aligned). (PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16, 4.5.3.) Checksums are not computed: that would read
 * every byte of weights that are otherwise mapped only where they are used. */
#include "core/weights/zip.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/deflate.h"

enum {
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    END_BYTES = 22,
    LOCATOR_BYTES = 20,
    END64_BYTES = 56,
    COMMENT_LIMIT = 65535,
    LOCAL_MARK = 0x04034b50,
    CENTRAL_MARK = 0x02014b50,
    END_MARK = 0x06054b50,
    LOCATOR_MARK = 0x07064b50,
    END64_MARK = 0x06064b50,
    EXTRA_ZIP64 = 1,
    FLAG_ENCRYPTED = 1,
    METHOD_DEFLATED = 8
};

static uint64_t number(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}
#define U16(at) ((size_t)number(at, 2))
#define U32(at) ((uint32_t)number(at, 4))
#define U64(at) number(at, 8)

/* The central directory: members, place and size. */
struct directory {
    uint64_t n, at, size;
};

/* Where the end record begins; the file's size where there is none. */
static size_t find_end(const struct file *file)
{
    if (file->size < END_BYTES)
        return file->size;
    size_t last = file->size - END_BYTES, first = last > COMMENT_LIMIT ? last - COMMENT_LIMIT : 0;
    for (size_t at = last + 1; at-- > first;)
        if (U32(file->data + at) == (uint32_t)END_MARK && at + END_BYTES + U16(file->data + at + 20) == file->size)
            return at;
    return file->size;
}

static bool find_directory(const struct file *file, struct directory *out, struct err *err)
{
    size_t end = find_end(file);
    if (end == file->size)
        return err_set(err, ERR_FORMAT, "%s: a zip archive without its end: truncated", file->path);
    const unsigned char *e = file->data + end;
    *out = (struct directory){U16(e + 10), U32(e + 16), U32(e + 12)};
    uint64_t limit = end, disks = U16(e + 4) | U16(e + 6);
    if (end >= LOCATOR_BYTES && U32(e - LOCATOR_BYTES) == (uint32_t)LOCATOR_MARK) {
        uint64_t at = U64(e - LOCATOR_BYTES + 8);
        if (end - LOCATOR_BYTES < END64_BYTES || at > end - LOCATOR_BYTES - END64_BYTES ||
            U32(file->data + at) != (uint32_t)END64_MARK)
            return err_set(err, ERR_FORMAT, "%s: the zip64 end record is not where its locator says", file->path);
        const unsigned char *e64 = file->data + at;
        *out = (struct directory){U64(e64 + 32), U64(e64 + 48), U64(e64 + 40)};
        disks = U32(e64 + 16) | U32(e64 + 20);
        limit = at;
    }
    if (disks)
        return err_set(err, ERR_UNSUPPORTED, "%s: a zip archive over several disks", file->path);
    if (out->size > limit || out->at > limit - out->size || out->n > out->size / CENTRAL_BYTES)
        return err_set(err, ERR_FORMAT, "%s: a zip directory of %llu members at byte %llu does not fit the file of %zu bytes",
                       file->path, (unsigned long long)out->n, (unsigned long long)out->at, file->size);
    return true;
}

/* Sizes and place of a member of more than 4 GB, from its extra field. */
static bool read_zip64(const unsigned char *extra, size_t n, uint64_t *stored, uint64_t *size, uint64_t *at)
{
    uint64_t *const wanted[] = {size, stored, at};
    while (n >= 4) {
        size_t length = U16(extra + 2), used = 0;
        if (length > n - 4)
            return false;
        if (U16(extra) == EXTRA_ZIP64) {
            for (size_t i = 0; i < 3; i++)
                if (*wanted[i] == UINT32_MAX) {
                    if (length - used < 8)
                        return false;
                    *wanted[i] = U64(extra + 4 + used);
                    used += 8;
                }
            return true;
        }
        extra += 4 + length;
        n -= 4 + length;
    }
    return *size != UINT32_MAX && *stored != UINT32_MAX && *at != UINT32_MAX;
}

/* No folder is ever written; but a name like this is that of an attack, and no tensor's. */
static bool climbs(struct str name)
{
    if (!name.n || name.s[0] == '/' || memchr(name.s, '\\', name.n) || memchr(name.s, 0, name.n))
        return true;
    for (size_t i = 0; i + 2 <= name.n; i++)
        if (memcmp(name.s + i, "..", 2) == 0 && (i == 0 || name.s[i - 1] == '/') && (i + 2 == name.n || name.s[i + 2] == '/'))
            return true;
    return false;
}

/* The member whose record of the central directory begins at `c`, of which `left` bytes are there; its length in *used. */
static bool read_member(const struct file *file, const struct directory *directory, const unsigned char *c, size_t left,
                        struct zip_member *out, size_t *used, bool deflated, struct err *err)
{
    if (left < CENTRAL_BYTES || U32(c) != (uint32_t)CENTRAL_MARK)
        return err_set(err, ERR_FORMAT, "%s: the zip directory ends early", file->path);
    size_t name = U16(c + 28), extra = U16(c + 30);
    *used = CENTRAL_BYTES + name + extra + U16(c + 32);
    if (*used > left)
        return err_set(err, ERR_FORMAT, "%s: the zip directory ends early", file->path);
    out->name = (struct str){(const char *)c + CENTRAL_BYTES, name};
    if (climbs(out->name))
        return err_set(err, ERR_FORMAT, "%s: a member is called \"%.*s\", which is no name in an archive of tensors", file->path,
                       STR_ARGS(out->name));
    size_t method = U16(c + 10);
    out->deflated = deflated && method == METHOD_DEFLATED;
    if (U16(c + 8) & FLAG_ENCRYPTED || (method != 0 && !out->deflated))
        return err_set(err, ERR_UNSUPPORTED, "%s: member %.*s is %s; what %s", file->path, STR_ARGS(out->name),
                       U16(c + 8) & FLAG_ENCRYPTED ? "encrypted" : "compressed",
                       deflated ? "NumPy writes is stored as it is, or deflated" : "PyTorch writes is stored as it is");
    uint64_t stored = U32(c + 20), size = U32(c + 24), at = U32(c + 42);
    if (!read_zip64(c + CENTRAL_BYTES + name, extra, &stored, &size, &at) || (stored != size && !out->deflated))
        return err_set(err, ERR_FORMAT, "%s: member %.*s has two sizes", file->path, STR_ARGS(out->name));
    if (at > directory->at || directory->at - at < LOCAL_BYTES || U32(file->data + at) != (uint32_t)LOCAL_MARK)
        return err_set(err, ERR_FORMAT, "%s: member %.*s is not at byte %llu", file->path, STR_ARGS(out->name),
                       (unsigned long long)at);
    const unsigned char *local = file->data + at;
    uint64_t head = LOCAL_BYTES + U16(local + 26) + U16(local + 28);
    if (head > directory->at - at || stored > directory->at - at - head)
        return err_set(err, ERR_FORMAT, "%s: member %.*s of %llu bytes reaches into the directory", file->path,
                       STR_ARGS(out->name), (unsigned long long)stored);
    if (U16(local + 26) != name || memcmp(local + LOCAL_BYTES, out->name.s, name) != 0)
        return err_set(err, ERR_FORMAT, "%s: member %.*s has another name where it lies", file->path, STR_ARGS(out->name));
    out->header = local;
    out->data = local + head;
    out->stored = (size_t)stored;
    out->size = (size_t)size;
    out->crc = U32(c + 16);
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct zip_member *x = a, *y = b;
    return (x->header > y->header) - (x->header < y->header);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct zip_member *)a)->name, ((const struct zip_member *)b)->name);
}

/* No byte, header included, belongs to two members; no name is there twice. Leaves the members sorted by name. */
static bool check_members(const struct file *file, struct zip *zip, struct err *err)
{
    struct zip_member *m = zip->members;
    if (zip->n)
        qsort(m, zip->n, sizeof *m, by_place);
    for (size_t i = 1; i < zip->n; i++)
        if (m[i - 1].data + m[i - 1].stored > m[i].header)
            return err_set(err, ERR_FORMAT, "%s: members %.*s and %.*s overlap", file->path, STR_ARGS(m[i - 1].name),
                           STR_ARGS(m[i].name));
    if (zip->n)
        qsort(m, zip->n, sizeof *m, by_name);
    for (size_t i = 1; i < zip->n; i++)
        if (str_eq(m[i - 1].name, m[i].name))
            return err_set(err, ERR_FORMAT, "%s: member %.*s is there twice", file->path, STR_ARGS(m[i].name));
    return true;
}

static bool open_members(const struct file *file, bool deflated, struct zip *out, struct err *err)
{
    struct directory directory = {0};
    *out = (struct zip){0};
    if (!find_directory(file, &directory, err))
        return false;
    const unsigned char *at = file->data + directory.at;
    size_t left = (size_t)directory.size, used = 0;
    for (uint64_t i = 0; i < directory.n; i++, at += used, left -= used) {
        if (cancel_requested()) {
            err_set(err, ERR_CANCELLED, "%s: interrupted", file->path);
            goto fail;
        }
        if (!mem_grow((void **)&out->members, &out->capacity, out->n + 1, sizeof *out->members, "a zip directory", err) ||
            !read_member(file, &directory, at, left, &out->members[out->n], &used, deflated, err))
            goto fail;
        out->n++;
    }
    if (left)
        err_set(err, ERR_FORMAT, "%s: %zu bytes behind the last member of the zip directory", file->path, left);
    else if (check_members(file, out, err))
        return true;
fail:
    zip_close(out);
    return false;
}

bool zip_open(const struct file *file, struct zip *out, struct err *err)
{
    return open_members(file, false, out, err);
}

bool zip_open_deflated(const struct file *file, struct zip *out, struct err *err)
{
    return open_members(file, true, out, err);
}

bool zip_inflate(const struct file *file, const struct zip_member *member, void *out, struct err *err)
{
    if (!inflate_bytes(member->data, member->stored, out, member->size, err))
        return err_prefix(err, "%s: member %.*s: ", file->path, STR_ARGS(member->name));
    uint32_t crc = crc32_of(0, out, member->size);
    return crc == member->crc || err_set(err, ERR_FORMAT, "%s: member %.*s has checksum %08x, the directory says %08x", file->path,
                                         STR_ARGS(member->name), (unsigned)crc, (unsigned)member->crc);
}

void zip_close(struct zip *zip)
{
    free(zip->members);
    *zip = (struct zip){0};
}

const struct zip_member *zip_find(const struct zip *zip, struct str name)
{
    const struct zip_member key = {.name = name};
    return zip->n ? bsearch(&key, zip->members, zip->n, sizeof key, by_name) : NULL;
}
