/* The array of all writers, made from the rows of list.h, look-ups, and writing text into a sink. See writer.h. */
#include "repl/writer/writer.h"

#include <string.h>

#include "repl/writer/list.h"

#define EXTERN(name) extern const struct writer writer_##name;
WRITERS(EXTERN)
#undef EXTERN

#define ROW(name) &writer_##name,
const struct writer *const writers[] = {WRITERS(ROW) NULL};
#undef ROW

const struct writer *writer_named(struct str name)
{
    for (size_t i = 0; writers[i]; i++)
        if (str_is(name, writers[i]->name))
            return writers[i];
    return NULL;
}

const struct writer *writer_of_extension(struct str extension)
{
    for (size_t i = 0; extension.n && writers[i]; i++)
        for (const char *at = writers[i]->extensions; *at;) {
            size_t n = strcspn(at, "|");
            if (n == extension.n && strncasecmp(at, extension.s, n) == 0)
                return writers[i];
            at += n + (at[n] == '|');
        }
    return NULL;
}

bool sink_write(struct sink *sink, const void *bytes, size_t n, struct err *err)
{
    bool (*open)(struct sink *, struct err *) = sink->open;
    sink->open = NULL;
    return (!open || open(sink, err)) && out_write(&sink->out, bytes, n, err);
}

bool sink_put(struct sink *sink, struct str text, struct err *err)
{
    return text.n == 0 || sink_write(sink, text.s, text.n, err);
}

bool sink_puts(struct sink *sink, const char *text, struct err *err)
{
    return sink_put(sink, str_of(text), err);
}

bool sink_drain(struct sink *sink, struct buf *buf, struct err *err)
{
    bool ok = buf_ok(buf, err) && sink_put(sink, buf_view(buf), err);
    buf_free(buf);
    return ok;
}
