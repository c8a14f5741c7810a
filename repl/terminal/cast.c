/* Asciicast v2. See cast.h. Every event is a line that is written at once, so that a file which ends early ends whole. */
#include "repl/terminal/cast.h"

#include <unistd.h>

#include "core/base/json.h"

static bool put_line(struct cast *cast, struct buf *line, struct err *err)
{
    buf_char(line, '\n');
    bool ok = buf_ok(line, err) && out_write(&cast->out, line->data, line->n, err) && out_flush(&cast->out, err);
    if (ok)
        cast->whole += line->n;
    buf_free(line);
    return ok;
}

bool cast_open(struct cast *cast, const char *path, const struct cast_header *header, struct err *err)
{
    struct buf line = {0};
    *cast = (struct cast){0};
    if (!out_open(path, &cast->out, err))
        return false;
    buf_printf(&line, "{\"version\": 2, \"width\": %zu, \"height\": %zu, \"timestamp\": %lld", header->columns, header->rows,
               header->timestamp);
    if (header->idle > 0) {
        buf_puts(&line, ", \"idle_time_limit\": ");
        json_put_number(&line, header->idle);
    }
    if (header->title.n) {
        buf_puts(&line, ", \"title\": ");
        json_quote(&line, header->title);
    }
    if (header->term) {
        buf_puts(&line, ", \"env\": {\"TERM\": ");
        json_quote(&line, str_of(header->term));
        buf_char(&line, '}');
    }
    buf_char(&line, '}');
    if (put_line(cast, &line, err))
        return true;
    cast_abort(cast);
    return false;
}

/* The bytes of a character at the end of which more are to come; 0 where the last one is whole, or wrong whatever follows. */
static size_t cut_at_end(struct str bytes)
{
    for (size_t back = 1; back <= 3 && back <= bytes.n; back++) {
        unsigned char c = (unsigned char)bytes.s[bytes.n - back];
        size_t length = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
        if (c >= 0xc2)
            return c < 0xf5 && back < length ? back : 0;
        if (c < 0x80)
            return 0;
    }
    return 0;
}

static bool put_event(struct cast *cast, double seconds, enum cast_code code, struct str bytes, struct err *err)
{
    struct buf line = {0};
    buf_printf(&line, "[%.6f, \"%c\", ", seconds, (char)code);
    json_quote(&line, bytes);
    buf_char(&line, ']');
    if (!put_line(cast, &line, err))
        return false;
    cast->events++;
    cast->seconds = seconds;
    return true;
}

bool cast_event(struct cast *cast, double seconds, enum cast_code code, struct str bytes, struct err *err)
{
    struct buf *held = code == CAST_INPUT ? &cast->input : &cast->output, all = {0};
    if (cast->broken || !bytes.n)
        return true;
    if (code != CAST_RESIZE && held->n) {
        buf_str(&all, buf_view(held));
        buf_str(&all, bytes);
        held->n = 0;
        bytes = buf_view(&all);
    }
    size_t cut = code == CAST_RESIZE ? 0 : cut_at_end(bytes);
    buf_add(held, bytes.s + bytes.n - cut, cut);
    bytes.n -= cut;
    bool ok = buf_ok(&all, err) && buf_ok(held, err) && (!bytes.n || put_event(cast, seconds, code, bytes, err));
    cast->broken = !ok;
    buf_free(&all);
    return ok;
}

/* Back to the end of the last whole line. */
static bool cut_to_whole(struct cast *cast, struct err *err)
{
    cast->out.pending.n = 0;
    if (!cast->events || !cast->out.temporary)
        return err_set(err, ERR_IO, "%s: nothing could be recorded", cast->out.path);
    if (ftruncate(cast->out.fd, (off_t)cast->whole) != 0)
        return err_errno(err, cast->out.path, "cannot cut what could not be written");
    return true;
}

bool cast_close(struct cast *cast, struct err *err)
{
    struct str output = buf_view(&cast->output), input = buf_view(&cast->input);
    bool ok = cast->broken ? cut_to_whole(cast, err)
                           : (!output.n || put_event(cast, cast->seconds, CAST_OUTPUT, output, err)) &&
                                 (!input.n || put_event(cast, cast->seconds, CAST_INPUT, input, err));
    ok = ok && out_commit(&cast->out, err);
    cast_abort(cast);
    return ok;
}

void cast_abort(struct cast *cast)
{
    out_abort(&cast->out);
    buf_free(&cast->output);
    buf_free(&cast->input);
}
