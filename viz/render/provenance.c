/* Writing and reading what a figure's file says of its origin. See provenance.h. */
#include "viz/render/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"

#define FIRST_KEY "{\"Software\":" /* the object begins so: repl's first pair, of every figure */

static void put_escape(struct buf *out, unsigned unit)
{
    buf_printf(out, "\\u%04x", unit);
}

void provenance_string(struct buf *out, struct str text)
{
    struct buf quoted = {0};
    json_quote(&quoted, text);
    struct str s = buf_view(&quoted);
    for (size_t at = 0; at < s.n;) {
        int32_t cp;
        size_t n = utf8_decode(s.s + at, s.n - at, &cp);
        if (cp >= 0x10000) {
            put_escape(out, 0xd800 + (unsigned)((cp - 0x10000) >> 10));
            put_escape(out, 0xdc00 + (unsigned)((cp - 0x10000) & 0x3ff));
        } else if (cp > 126 || cp == '<' || cp == '>' || cp == '&') {
            put_escape(out, (unsigned)cp);
        } else {
            buf_char(out, (char)cp);
        }
        at += n;
    }
    buf_free(&quoted);
}

void provenance_json(const struct picture *picture, struct buf *out)
{
    struct buf notes = {0};
    buf_char(out, '{');
    for (size_t i = 0; i < picture->n_provenance; i++) {
        buf_puts(out, i ? "," : "");
        provenance_string(out, str_of(picture->provenance[i].key));
        buf_char(out, ':');
        provenance_string(out, str_of(picture->provenance[i].value));
    }
    for (size_t i = 0; i < picture->n_notes; i++) {
        buf_puts(&notes, i ? "\n" : "");
        buf_str(&notes, picture->notes[i]);
    }
    if (notes.n) {
        buf_puts(out, picture->n_provenance ? ",\"Note\":" : "\"Note\":");
        provenance_string(out, buf_view(&notes));
    }
    buf_char(out, '}');
    out->failed = out->failed || notes.failed;
    buf_free(&notes);
}

/* ---- reading ---- */

static void put_pair(struct buf *out, struct str key, struct str value)
{
    text_escape(out, key);
    buf_puts(out, ": ");
    while (value.n) {
        const char *end = memchr(value.s, '\n', value.n);
        size_t n = end ? (size_t)(end - value.s) : value.n;
        text_escape(out, (struct str){value.s, n});
        n += end != NULL;
        value = (struct str){value.s + n, value.n - n};
        buf_puts(out, value.n ? "\n  " : "");
    }
    buf_char(out, '\n');
}

static size_t u32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (size_t)u[0] << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3];
}

static void read_png(struct str file, struct buf *out)
{
    for (size_t at = 8; at + 12 <= file.n;) {
        size_t n = u32(file.s + at);
        const char *type = file.s + at + 4, *data = type + 4;
        if (n > file.n - at - 12)
            return;
        bool latin = memcmp(type, "tEXt", 4) == 0;
        if (latin || memcmp(type, "iTXt", 4) == 0) {
            size_t key = strnlen(data, n), value = key + (latin ? 1 : 5); /* iTXt: no compression, language or translation */
            if (value <= n)
                put_pair(out, (struct str){data, key}, (struct str){data + value, n - value});
        }
        at += 12 + n;
    }
}

static const char *find(struct str file, const char *needle)
{
    return memmem(file.s, file.n, needle, strlen(needle));
}

/* The string behind a PDF's /Keywords, which is ASCII: as it is, where it holds no ( ) \, else UTF-16 in hexadecimal digits. */
static void read_keywords(struct str file, struct buf *out)
{
    static const char plain[] = "/Keywords (", coded[] = "/Keywords <FEFF";
    const char *at = find(file, plain), *end = file.s + file.n;
    for (at = at ? at + strlen(plain) : end; at < end && *at != ')'; at++)
        buf_char(out, *at);
    at = find(file, coded);
    for (at = at ? at + strlen(coded) : end; at + 4 <= end && *at != '>'; at += 4) {
        char digits[5] = {at[0], at[1], at[2], at[3], 0};
        buf_char(out, (char)strtoul(digits, NULL, 16));
    }
}

/* The object's text: to the brace that ends it, strings skipped. */
static void copy_object(struct str file, const char *at, struct buf *out)
{
    bool inside = false;
    for (; at < file.s + file.n && *at != '\n'; at++) {
        buf_char(out, *at);
        if (inside && *at == '\\' && at + 1 < file.s + file.n)
            buf_char(out, *++at);
        else if (*at == '"')
            inside = !inside;
        else if (*at == '}' && !inside)
            return;
    }
}

static bool read_object(struct str text, const char *name, struct buf *out, struct err *err)
{
    struct json *document = json_parse(text, name, 0, err);
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    while (document && json_next(document, &cursor, &key, &value))
        put_pair(out, key, json_str(value, ""));
    json_free(document);
    return document != NULL;
}

bool provenance_read(struct str file, const char *name, struct buf *out, struct err *err)
{
    static const char png[] = "\x89PNG\r\n\x1a\n";
    struct buf object = {0};
    size_t begin = out->n;
    bool ok = true;
    if (file.n >= 8 && memcmp(file.s, png, 8) == 0) {
        read_png(file, out);
    } else if (file.n >= 5 && memcmp(file.s, "%PDF-", 5) == 0) {
        read_keywords(file, &object);
    } else {
        const char *at = find(file, FIRST_KEY);
        if (at)
            copy_object(file, at, &object);
    }
    if (object.n)
        ok = buf_ok(&object, err) && read_object(buf_view(&object), name, out, err);
    buf_free(&object);
    if (ok && out->n == begin)
        ok = err_set(err, ERR_FORMAT, "%s: holds no provenance of gaze (a figure that plot wrote as .png, .pdf, .svg, .tex or .html does)",
                     name);
    return ok && buf_ok(out, err);
}
