/* Errors of the world: printf into the caller's struct. See err.h. */
#include "core/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>

#include "core/base/utf8.h"

/* A backslash, a letter and `digits` hexadecimal digits; printf is not for signal handlers. */
static size_t put_code(char *out, char letter, unsigned value, size_t digits)
{
    out[0] = '\\';
    out[1] = letter;
    for (size_t i = 0; i < digits; i++)
        out[2 + i] = "0123456789abcdef"[value >> 4 * (digits - 1 - i) & 15];
    return 2 + digits;
}

void err_escape(const char *text, char *out, size_t capacity)
{
    size_t n = strlen(text), used = 0;
    for (size_t i = 0, length; i < n; i += length) {
        char piece[8];
        int32_t cp;
        length = utf8_decode(text + i, n - i, &cp);
        size_t size = length;
        bool told = cp < 0 || (cp != '\n' && cp_is_unprintable(cp));
        if (told)
            size = cp < 128 ? put_code(piece, 'x', (unsigned char)text[i], 2) : put_code(piece, 'u', (unsigned)cp, 4);
        else
            memcpy(piece, text + i, length);
        if (used + size >= capacity)
            break;
        memcpy(out + used, piece, size);
        used += size;
    }
    if (capacity)
        out[used] = 0;
}

/* A message carries names from files: nothing of them may lead the terminal astray. */
static void put(struct err *err, const char *format, va_list args, const char *behind)
{
    char text[sizeof err->message];
    int n = vsnprintf(text, sizeof text, format, args);
    size_t used = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    snprintf(text + used, sizeof text - used, "%s", behind);
    err_escape(text, err->message, sizeof err->message);
}

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (!err)
        return false;
    err->code = code;
    err->column = 0;
    err->length = 0;
    va_list args;
    va_start(args, format);
    put(err, format, args, "");
    va_end(args);
    return false;
}

bool err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return false;
    va_list args;
    va_start(args, format);
    put(err, format, args, err->message);
    va_end(args);
    return false;
}

bool err_memory(struct err *err, size_t bytes, const char *what)
{
    return err_set(err, ERR_MEMORY, "out of memory (%zu bytes for %s)", bytes, what);
}

bool err_errno(struct err *err, const char *path, const char *action)
{
    int saved = errno;
    return err_set(err, saved == EPIPE ? ERR_PIPE : ERR_IO, "%s: %s: %s", path, action, strerror(saved));
}

void err_clear(struct err *err)
{
    if (err)
        *err = (struct err){0};
}
