/* Words of a command line. See reader.h.
 *
 * Double quotes take the escapes of JSON strings (RFC 8259 §7) and nothing else is expanded in them; single quotes are
 * raw. A quote opens a string only at the start of a word or of an option's value: `don't` is a word. */
#include "repl/grammar/reader.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"

bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void reader_skip_blanks(struct reader *reader)
{
    while (is_blank(reader->line[reader->at]))
        reader->at++;
}

bool reader_at_end(const struct reader *reader)
{
    char c = reader->line[reader->at];
    return c == 0 || c == '#';
}

bool reader_blame(const struct reader *reader, size_t begin, size_t length)
{
    if (reader->err) {
        reader->err->column = (long)begin + 1;
        reader->err->length = length ? length : 1;
    }
    return false;
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(const char *s)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1; /* the NUL at the line's end, too */
        value = value * 16 + digit;
    }
    return value;
}

/* \uXXXX at line[at], surrogate pairs joined; returns the bytes read, 0 after an error. */
static size_t read_unicode_escape(struct reader *reader, size_t at, struct buf *out)
{
    const char *s = reader->line + at;
    int32_t cp = hex4(s + 2);
    size_t used = 6;
    if (cp < 0) {
        err_set(reader->err, ERR_ARG, "\\u wants four hexadecimal digits");
        reader_blame(reader, at, 2);
        return 0;
    }
    bool high = cp >= 0xD800 && cp <= 0xDBFF, low = cp >= 0xDC00 && cp <= 0xDFFF;
    int32_t second = high && s[6] == '\\' && s[7] == 'u' ? hex4(s + 8) : -1;
    if (low || (high && (second < 0xDC00 || second > 0xDFFF))) {
        err_set(reader->err, ERR_ARG, "\\u%.4s is half of a pair (a surrogate) and its other half is missing", s + 2);
        reader_blame(reader, at, 6);
        return 0;
    }
    if (high) {
        cp = 0x10000 + ((cp - 0xD800) << 10) + (second - 0xDC00);
        used = 12;
    }
    char bytes[4];
    buf_add(out, bytes, utf8_encode(cp, bytes));
    return used;
}

/* One escape at line[at] == '\\'; returns the bytes read, 0 after an error. */
static size_t read_escape(struct reader *reader, size_t at, struct buf *out)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char c = reader->line[at + 1];
    if (c == 'u')
        return read_unicode_escape(reader, at, out);
    const char *found = c ? strchr(letters, c) : NULL;
    if (!found) {
        err_set(reader->err, ERR_ARG,
                "unknown escape in \"…\": \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX exist; '…' takes everything as it stands");
        reader_blame(reader, at, c ? 2 : 1);
        return 0;
    }
    buf_char(out, meanings[found - letters]);
    return 2;
}

static bool read_quoted(struct reader *reader, const char *also, struct call_word *out)
{
    size_t begin = reader->at, at = begin + 1;
    char quote = reader->line[begin];
    struct buf text = {0};
    while (reader->line[at] && reader->line[at] != quote) {
        size_t used = 1;
        if (quote == '"' && reader->line[at] == '\\')
            used = read_escape(reader, at, &text);
        else
            buf_char(&text, reader->line[at]);
        if (!used) {
            buf_free(&text);
            return false;
        }
        at += used;
    }
    bool ok = false;
    char after = reader->line[at] ? reader->line[at + 1] : 0;
    if (!reader->line[at]) {
        err_set(reader->err, ERR_ARG, "the quote %c is never closed", quote);
        reader_blame(reader, begin, 1);
    } else if (after && !is_blank(after) && after != '>' && after != '|' && !strchr(also, after)) {
        err_set(reader->err, ERR_ARG, "a blank is missing after the closing quote%s",
                quote == '"' ? " (inside \"…\" a quote is written \\\")" : "");
        reader_blame(reader, at + 1, 1);
    } else {
        out->quoted = true;
        out->column = begin + 1;
        out->length = at + 1 - begin;
        reader->at = at + 1;
        ok = buf_ok(&text, reader->err) && arena_str(reader->arena, buf_view(&text), &out->text, reader->err);
    }
    buf_free(&text);
    return ok;
}

bool reader_word(struct reader *reader, enum word_mode mode, const char *also, struct call_word *out)
{
    *out = (struct call_word){0};
    const char *line = reader->line;
    size_t begin = reader->at, at = begin;
    if (line[at] == '"' || line[at] == '\'')
        return read_quoted(reader, also, out);
    bool open = false; /* a < was seen and not closed */
    for (; line[at] && !is_blank(line[at]); at++) {
        bool ends = line[at] == '>' || line[at] == '|';
        if (ends && mode == WORD_PLAIN && !open)
            break;
        open = line[at] == '<' || (open && line[at] != '>');
    }
    reader->at = at;
    out->column = begin + 1;
    out->length = at - begin;
    return arena_str(reader->arena, (struct str){line + begin, at - begin}, &out->text, reader->err);
}

void word_put(struct buf *out, struct str word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-:,@%^~";
    bool bare = word.n > 0 && word.s[0] != '-' && word.s[0] != '@' && word.s[0] != '~';
    for (size_t i = 0; bare && i < word.n; i++)
        bare = (unsigned char)word.s[i] >= 0x80 || (word.s[i] && strchr(plain, word.s[i]));
    if (bare)
        buf_str(out, word);
    else if (utf8_invalid_at(word) < word.n) { /* JSON's quotes hold UTF-8 alone; raw ones hold all but a quote */
        buf_char(out, '\'');
        buf_str(out, word);
        buf_char(out, '\'');
    } else
        json_quote(out, word);
}
