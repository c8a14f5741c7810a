/* The list of formats. See format.h. */
#include "core/embed/format/format.h"

#include <string.h>
#include <strings.h>

#include "core/embed/format/list.h"

#define EXTERN(name) extern const struct vectors_format vectors_##name;
VECTORS_FORMATS(EXTERN)
#undef EXTERN
#define ROW(name) &vectors_##name,
const struct vectors_format *const vectors_formats[] = {VECTORS_FORMATS(ROW) NULL};
#undef ROW

const struct vectors_format *vectors_format_written(struct str name)
{
    for (size_t i = 0; vectors_formats[i]; i++) {
        const struct vectors_format *format = vectors_formats[i];
        if (format->write && str_is(name, format->name))
            return format;
        for (const char *at = format->write ? format->extensions : ""; *at;) {
            size_t n = strcspn(at, "|");
            if (n == name.n && strncasecmp(at, name.s, n) == 0)
                return format;
            at += n + (at[n] == '|');
        }
    }
    return NULL;
}
