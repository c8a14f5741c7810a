/* Errors of the world: printf into the caller's struct. See err.h. */
#include "core/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (!err)
        return false;
    err->code = code;
    err->column = 0;
    err->length = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    /* A message carries names from files: no control character may reach the terminal through it. */
    for (char *c = err->message; *c; c++)
        if (((unsigned char)*c < 32 && *c != '\n') || *c == 127)
            *c = '?';
    return false;
}

bool err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return false;
    char text[sizeof err->message];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        return false;
    size_t used = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    snprintf(text + used, sizeof text - used, "%s", err->message);
    memcpy(err->message, text, sizeof text);
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
