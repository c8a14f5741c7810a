/* Messages on standard error. See message.h. */
#include "repl/terminal/message.h"

#include <stdio.h>

#include "core/base/text.h"
#include "repl/terminal/progress.h"

size_t message_columns(const struct session *session)
{
    enum { ELSEWHERE = 100, LEAST = 24 };
    size_t columns = session->stderr_is_terminal ? progress_columns() : ELSEWHERE;
    return columns > LEAST ? columns : LEAST;
}

void message_put(const struct session *session, struct str lines)
{
    struct buf text = {0};
    if (session->stderr_is_terminal)
        text_wrap(&text, lines, message_columns(session));
    else
        buf_str(&text, lines);
    fwrite(buf_cstr(&text), 1, text.n, stderr);
    fflush(stderr);
    buf_free(&text);
}
