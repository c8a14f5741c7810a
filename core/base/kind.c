/* Kinds of files by their first bytes. See kind.h. The numbers are those of the formats' own descriptions: RFC 1952 (gzip), RFC 8878
 * (zstd), APPNOTE.TXT 4.3 (zip), POSIX ustar (tar), the Git LFS specification's
 * pointer file, ISO 32000-1 7.5.2 (PDF), sqlite.org/fileformat2.html 1.3, parquet.apache.org (file format), arrow.apache.org (IPC file format). */
#include "core/base/kind.h"

#include <string.h>

#include "core/base/number.h"

static bool begins(struct str s, const char *bytes, size_t n)
{
    return s.n >= n && memcmp(s.s, bytes, n) == 0;
}
#define BEGINS(s, literal) begins(s, literal, sizeof(literal) - 1)

static bool is_pointer(struct str s)
{
    return BEGINS(s, "version https://git-lfs.github.com/spec/v1\n") || BEGINS(s, "version https://hawser.github.com/spec/v1\n");
}

static bool is_gzip(struct str s)
{
    return BEGINS(s, "\x1f\x8b\x08");
}

/* A frame, or a skippable frame before it. */
static bool is_zstd(struct str s)
{
    return BEGINS(s, "\x28\xb5\x2f\xfd") || (s.n >= 4 && (s.s[0] & 0xf0) == 0x50 && begins((struct str){s.s + 1, s.n - 1}, "\x2a\x4d\x18", 3));
}

static bool is_bzip2(struct str s)
{
    return s.n >= 10 && BEGINS(s, "BZh") && s.s[3] >= '1' && s.s[3] <= '9' &&
           (memcmp(s.s + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 || memcmp(s.s + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

static bool is_xz(struct str s)
{
    return begins(s, "\xfd"
                     "7zXZ\0",
                  6);
}

static bool is_zip(struct str s)
{
    return BEGINS(s, "PK\x03\x04") || BEGINS(s, "PK\x05\x06") || BEGINS(s, "PK\x07\x08");
}

static bool is_7z(struct str s)
{
    return BEGINS(s, "7z\xbc\xaf\x27\x1c");
}

static bool is_rar(struct str s)
{
    return BEGINS(s, "Rar!\x1a\x07");
}

/* What data sets and papers come in, where a text was meant. */
static bool is_parquet(struct str s)
{
    return BEGINS(s, "PAR1");
}

static bool is_arrow(struct str s)
{
    return begins(s, "ARROW1\0\0", 8);
}

static bool is_pdf(struct str s)
{
    return BEGINS(s, "%PDF-");
}

static bool is_sqlite(struct str s)
{
    return begins(s, "SQLite format 3", 16); /* its NUL included */
}

static bool is_tar(struct str s)
{
    return s.n >= 263 && memcmp(s.s + 257, "ustar", 5) == 0 && (s.s[262] == 0 || s.s[262] == ' ');
}

/* A mark and letters behind it: neither controls nor halves of a pair alone. The length of a safetensors header, which may begin
 * like a mark, has zeros behind it. */
static bool is_utf16(struct str s)
{
    bool little = BEGINS(s, "\xff\xfe"), pair = false;
    if (!little && !BEGINS(s, "\xfe\xff"))
        return false;
    if (s.n < KIND_LOOK && s.n % 2)
        return false;
    for (size_t i = 2; i + 1 < s.n; i += 2) {
        unsigned high = (unsigned char)s.s[i + little], low = (unsigned char)s.s[i + !little], unit = high << 8 | low;
        bool second = unit >= 0xdc00 && unit < 0xe000;
        if (second != pair || (unit < ' ' && unit != '\t' && unit != '\n' && unit != '\r') || unit >= 0xfffe)
            return false;
        pair = unit >= 0xd800 && unit < 0xdc00;
    }
    return true;
}

static bool is_utf32(struct str s)
{
    return (s.n >= 8 && begins(s, "\xff\xfe\0\0", 4) && s.s[4]) || (s.n >= 8 && begins(s, "\0\0\xfe\xff", 4));
}

static const struct kind kinds[] = {
    {"a Git LFS pointer", KIND_POINTER, is_pointer},
    {"gzip", KIND_DECODED, is_gzip},
    {"zstd", KIND_DECODED, is_zstd},
    {"bzip2", KIND_ARCHIVE, is_bzip2},
    {"xz", KIND_ARCHIVE, is_xz},
    {"a zip archive", KIND_ARCHIVE, is_zip},
    {"a 7z archive", KIND_ARCHIVE, is_7z},
    {"a tar archive", KIND_ARCHIVE, is_tar},
    {"a RAR archive", KIND_UNREAD, is_rar},
    {"a Parquet file", KIND_DOCUMENT, is_parquet},
    {"an Arrow file", KIND_DOCUMENT, is_arrow},
    {"a PDF", KIND_DOCUMENT, is_pdf},
    {"a SQLite database", KIND_DOCUMENT, is_sqlite},
    {"UTF-16", KIND_UTF16, is_utf16},
    {"UTF-32", KIND_UTF16, is_utf32},
};

const struct kind *kind_of(struct str first)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].is(first))
            return &kinds[i];
    return NULL;
}

/* "size N" in one of the pointer's lines. */
static bool pointer_size(struct str s, long *out)
{
    const char *line = memmem(s.s, s.n, "\nsize ", 6);
    size_t at = line ? (size_t)(line - s.s) + 6 : s.n;
    return number_take(s, &at, out) && *out >= 0;
}

bool kind_not_pointer(const char *path, struct str first, const char *what, struct err *err)
{
    long size;
    if (!is_pointer(first))
        return true;
    if (!pointer_size(first, &size))
        return err_set(err, ERR_FORMAT, "%s: a Git LFS pointer, not %s (git lfs pull, or hf download)", path, what);
    return err_set(err, ERR_FORMAT, "%s: a Git LFS pointer to %ld bytes, not %s (git lfs pull, or hf download)", path, size, what);
}

/* Letters with a NUL before or behind each, as UTF-16 without a mark has them. */
static bool is_bare_utf16(struct str s, const char **name)
{
    size_t n = s.n < 64 ? s.n / 2 * 2 : 64;
    for (size_t high = 0; high < 2; high++) { /* which of two bytes is the NUL */
        size_t pairs = 0;
        while (2 * pairs < n && s.s[2 * pairs + high] == 0 && (unsigned char)s.s[2 * pairs + 1 - high] >= '\t' &&
               (unsigned char)s.s[2 * pairs + 1 - high] < 127)
            pairs++;
        *name = high ? "UTF-16LE" : "UTF-16BE";
        if (n >= 4 && 2 * pairs == n)
            return true;
    }
    return false;
}

bool kind_utf8(const char *path, struct str first, bool text, const char *what, size_t *mark, struct err *err)
{
    const struct kind *kind = kind_of(first);
    const char *name = kind && kind->way == KIND_UTF16 ? kind->name : NULL;
    *mark = 0;
    if (!kind_not_pointer(path, first, what, err))
        return false;
    if (name || (text && is_bare_utf16(first, &name)))
        return err_set(err, ERR_FORMAT, "%s: %s text; this makes it UTF-8: iconv -f %s -t UTF-8", path, name, name);
    /* A NUL behind the mark would be a length of safetensors. */
    if (BEGINS(first, "\xef\xbb\xbf") && !(first.n > 3 && first.s[3] == 0))
        *mark = 3;
    return true;
}
