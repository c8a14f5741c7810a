/* NumPy's files. See npz.h.
 *
 *   0        6      8                  8+h
 *   | \x93NUMPY | major minor | u16 or u32 h | header | data |
 *
 * The header is a Python dict, {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, padded with blanks and ended by a
 * newline; h is u16 in version 1, u32 in 2 and 3. (NumPy's format.py; NEP 1.) It is read as this form alone: no Python is
 * evaluated, and object arrays, which are pickles, are not opened. */
#include "core/weights/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/weights/zip.h"

enum {
    AXES = 8, /* of an array, before those of length 1 go */
    HEADER_LIMIT = 1 << 16,
    /* What members may grow to, all together: a claim beyond it is no map's. */
    GROWN_FREE = 32 << 20,
    GROWN_TIMES = 20
};
static const char magic[] = "\x93NUMPY";
enum { MAGIC = sizeof magic - 1 };

struct array {
    struct str descr;
    bool fortran;
    size_t shape[AXES];
    int rank;
    const unsigned char *data;
    size_t bytes;
};

struct reading {
    struct weights *weights;
    const struct file *file;
    struct str name; /* of the array, for messages */
    struct err *err;
};

static bool fail(const struct reading *r, const char *what)
{
    return err_set(r->err, ERR_FORMAT, "%s: array %.*s: %s", r->file->path, STR_ARGS(r->name), what);
}

/* ---- the header ---- */

struct scanner {
    const char *at, *end;
};

static void skip(struct scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n'))
        s->at++;
}

static bool take(struct scanner *s, const char *text)
{
    size_t n = strlen(text);
    skip(s);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, text, n) != 0)
        return false;
    s->at += n;
    return true;
}

static bool take_string(struct scanner *s, struct str *out)
{
    skip(s);
    if (s->at == s->end || (*s->at != '\'' && *s->at != '"'))
        return false;
    const char *end = memchr(s->at + 1, *s->at, (size_t)(s->end - s->at - 1));
    if (!end)
        return false;
    *out = (struct str){s->at + 1, (size_t)(end - s->at - 1)};
    s->at = end + 1;
    return true;
}

static bool take_size(struct scanner *s, size_t *out)
{
    const char *begin;
    skip(s);
    begin = s->at;
    for (*out = 0; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
        if (!size_mul(*out, 10, out) || !size_add(*out, (size_t)(*s->at - '0'), out))
            return false;
    return s->at > begin;
}

/* (), (5,), (2, 3) */
static bool take_shape(struct scanner *s, struct array *out)
{
    out->rank = 0;
    if (!take(s, "("))
        return false;
    while (!take(s, ")")) {
        if (out->rank == AXES || !take_size(s, &out->shape[out->rank]))
            return false;
        out->rank++;
        if (!take(s, ",") && (out->rank == 1 || !take(s, ")")))
            return false;
        if (s->at[-1] == ')')
            return true;
    }
    return true;
}

static bool take_header(struct scanner *s, struct array *out)
{
    bool descr = false, order = false, shape = false;
    if (!take(s, "{"))
        return false;
    for (int i = 0; i < 3; i++) {
        struct str key;
        if (!take_string(s, &key) || !take(s, ":"))
            return false;
        if (str_is(key, "descr") && !descr)
            descr = take_string(s, &out->descr);
        else if (str_is(key, "fortran_order") && !order)
            order = (out->fortran = take(s, "True")) || take(s, "False");
        else if (str_is(key, "shape") && !shape)
            shape = take_shape(s, out);
        else
            return false;
        if (!take(s, ",") && i < 2)
            return false;
    }
    bool closed = take(s, "}");
    skip(s);
    return descr && order && shape && closed && s->at == s->end;
}

static bool read_array(const struct reading *r, const unsigned char *bytes, size_t n, struct array *out)
{
    if (n < 10 || memcmp(bytes, magic, MAGIC) != 0)
        return fail(r, "no array of NumPy: it does not begin with \\x93NUMPY");
    unsigned major = bytes[6];
    size_t before = major == 1 ? 10 : 12, header = 0;
    if (major < 1 || major > 3 || bytes[7] != 0 || n < before)
        return fail(r, "written in a version of NumPy's format other than 1.0 to 3.0");
    for (size_t i = before; i-- > 8;)
        header = header << 8 | bytes[i];
    if (header > n - before || header > HEADER_LIMIT)
        return fail(r, "its header is longer than the array");
    struct scanner scanner = {(const char *)bytes + before, (const char *)bytes + before + header};
    /* A structured dtype is a list of fields. */
    if (!take_header(&scanner, out))
        return fail(r, "its header is not {'descr': TYPE, 'fortran_order': BOOL, 'shape': SHAPE}");
    out->data = bytes + before + header;
    out->bytes = n - before - header;
    return true;
}

/* ---- numbers ---- */

static const struct {
    const char *descr, *dtype;
} types[] = {{"<f4", "F32"}, {"<f2", "F16"}, {"<f8", "F64"}, {"<i8", "I64"}, {"<i4", "I32"},
             {"<i2", "I16"}, {"|i1", "I8"},  {"|u1", "U8"},  {"|b1", "BOOL"}};

static const struct dtype *type_of(struct str descr)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_is(descr, types[i].descr))
            return dtype_named(str_of(types[i].dtype));
    return NULL;
}

/* Fortran order, in which the first axis runs fastest, into C order. */
static bool to_rows(const struct reading *r, struct array *a, size_t item)
{
    unsigned char *out = arena_alloc(r->weights->arena, a->bytes, 1, "an array", r->err);
    size_t n = item ? a->bytes / item : 0, index[AXES] = {0}, from = 0, stride[AXES];
    if (!out)
        return false;
    for (int i = 0; i < a->rank; i++)
        stride[i] = i ? stride[i - 1] * a->shape[i - 1] : 1;
    for (size_t to = 0; to < n; to++) {
        memcpy(out + to * item, a->data + from * item, item);
        for (int i = a->rank; i-- > 0;) {
            from += stride[i];
            if (++index[i] < a->shape[i])
                break;
            from -= stride[i] * a->shape[i];
            index[i] = 0;
        }
    }
    a->data = out;
    return true;
}

/* Axes of length 1 go, from the first, until TENSOR_RANK are left. */
static bool squeeze(struct array *a)
{
    while (a->rank > TENSOR_RANK) {
        int one = 0;
        while (one < a->rank && a->shape[one] != 1)
            one++;
        if (one == a->rank)
            return false;
        memmove(&a->shape[one], &a->shape[one + 1], (size_t)(a->rank - one - 1) * sizeof *a->shape);
        a->rank--;
    }
    return true;
}

static bool add_numbers(const struct reading *r, struct array *a, const struct dtype *dtype)
{
    struct tensor tensor = {.name = r->name, .dtype = dtype, .file = r->file->path};
    size_t numel = 1, bytes;
    for (int i = 0; i < a->rank; i++)
        if (!size_mul(numel, a->shape[i], &numel))
            return fail(r, "its shape overflows");
    if (!dtype_size(dtype, numel, &bytes) || bytes != a->bytes) {
        char what[96];
        snprintf(what, sizeof what, "%zu bytes for %zu numbers of %zu", a->bytes, numel, dtype->bytes);
        return fail(r, what);
    }
    if (a->fortran && a->rank > 1 && !to_rows(r, a, dtype->bytes))
        return false;
    if (!squeeze(a))
        return fail(r, "more axes than 4, none of them of length 1");
    tensor.rank = a->rank;
    memcpy(tensor.shape, a->shape, sizeof tensor.shape);
    tensor.bytes = a->bytes;
    tensor.data = a->data;
    return weights_add(r->weights, tensor, r->err);
}

/* ---- text ---- */

/* '<U7': n texts of 7 code points each, padded with zeros. */
static bool utf32_width(struct str descr, size_t *out)
{
    struct scanner s = {descr.s + 2, descr.s + descr.n};
    return descr.n > 2 && descr.n < 12 && memcmp(descr.s, "<U", 2) == 0 && take_size(&s, out) && s.at == s.end && *out > 0;
}

static bool add_texts(const struct reading *r, const struct array *a, size_t width)
{
    size_t each, bytes;
    struct buf list = {0};
    bool ok = true;
    if (a->rank != 1 || !size_mul(width, 4, &each) || !size_mul(each, a->shape[0], &bytes) || bytes != a->bytes)
        return fail(r, "its texts are no list of that many bytes");
    for (size_t i = 0; i < a->shape[0]; i++) {
        struct buf text = {0};
        for (size_t c = 0; c < width; c++) {
            const unsigned char *at = a->data + i * each + c * 4;
            uint32_t cp = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
            char utf8[4];
            if (!cp)
                break;
            ok = ok && cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff);
            if (ok)
                buf_add(&text, utf8, utf8_encode((int32_t)cp, utf8));
        }
        buf_char(&list, i ? ',' : '[');
        json_quote(&list, buf_view(&text));
        ok = ok && buf_ok(&text, r->err);
        buf_free(&text);
    }
    buf_puts(&list, a->shape[0] ? "]" : "[]");
    if (!ok)
        fail(r, "holds text that is no Unicode");
    ok = ok && buf_ok(&list, r->err) && weights_add_stand_in(r->weights, r->name, buf_view(&list), r->err);
    buf_free(&list);
    return ok;
}

static bool add_array(const struct reading *r, const unsigned char *bytes, size_t n)
{
    struct array a = {0};
    size_t width;
    if (!read_array(r, bytes, n, &a))
        return false;
    const struct dtype *dtype = type_of(a.descr);
    if (dtype)
        return add_numbers(r, &a, dtype);
    if (utf32_width(a.descr, &width))
        return add_texts(r, &a, width);
    struct buf what = {0};
    buf_printf(&what, "of type %.*s", STR_ARGS(a.descr));
    bool ok = buf_ok(&what, r->err) && weights_add_stand_in(r->weights, r->name, buf_view(&what), r->err);
    buf_free(&what);
    return ok;
}

/* ---- the archive ---- */

static bool add_member(struct reading *r, const struct zip_member *member, size_t *grown)
{
    size_t most;
    r->name = member->name;
    if (!str_ends(member->name, STR(".npy")))
        return weights_add_stand_in(r->weights, member->name, STR("no array of NumPy"), r->err);
    r->name.n -= 4;
    if (!member->deflated)
        return add_array(r, member->data, member->size);
    if (!size_mul(r->file->size, GROWN_TIMES, &most) || !size_add(most, GROWN_FREE, &most))
        most = SIZE_MAX;
    if (member->size > most - *grown)
        return err_set(r->err, ERR_LIMIT, "%s: its arrays claim more than %zu bytes when decompressed, out of %zu", r->file->path,
                       most, r->file->size);
    *grown += member->size;
    unsigned char *bytes = arena_alloc(r->weights->arena, member->size + 1, 1, "an array", r->err);
    return bytes && zip_inflate(r->file, member, bytes, r->err) && add_array(r, bytes, member->size);
}

static bool npz_is(const unsigned char *data, size_t size)
{
    return size > MAGIC && (memcmp(data, magic, MAGIC) == 0 || memcmp(data, "PK\3\4", 4) == 0);
}

static bool npz_read(struct weights *weights, const struct file *file, struct err *err)
{
    struct reading r = {weights, file, STR("arr_0"), err};
    struct zip zip;
    size_t grown = 0;
    if (!npz_is(file->data, file->size))
        return err_set(err, ERR_FORMAT, "%s: neither an .npz archive nor an .npy array", file->path);
    if (memcmp(file->data, magic, MAGIC) == 0)
        return add_array(&r, file->data, file->size);
    if (!zip_open_deflated(file, &zip, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < zip.n; i++)
        ok = add_member(&r, &zip.members[i], &grown);
    zip_close(&zip);
    return ok;
}

const struct weights_format weights_npz = {
    .name = "npz",
    .summary = "NumPy's arrays, one or a zip of them",
    .suffixes = ".npz|.npy",
    .is = npz_is,
    .read = npz_read,
};
