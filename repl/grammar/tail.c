/* The end of a line: the rest that a command takes whole, > FILE, | COMMAND. */
#include <string.h>

#include "repl/grammar/parse.h"

bool parse_rest(struct parse *p)
{
    const char *line = p->reader.line;
    reader_skip_blanks(&p->reader);
    size_t begin = p->reader.at, end = begin + strlen(line + begin);
    bool raw = parse_arg_of_kind(p, ARG_RAW) != NULL; /* blanks at the end matter to `complete` */
    while (!raw && end > begin && is_blank(line[end - 1]))
        end--;
    p->call->rest_column = begin + 1;
    p->reader.at = begin + strlen(line + begin);
    return arena_str(p->call->arena, (struct str){line + begin, end - begin}, &p->call->rest, parse_err(p));
}

bool parse_output(struct parse *p)
{
    struct reader *r = &p->reader;
    size_t begin = r->at++;
    struct call_word *word = &p->call->output_word;
    if (r->line[r->at] == '>') {
        err_set(parse_err(p), ERR_ARG, ">> does not exist: > FILE writes a whole file");
        return reader_blame(r, begin, 2);
    }
    reader_skip_blanks(r);
    if (!reader_at_end(r) && !reader_word(r, WORD_PLAIN, "", word))
        return false;
    if (!parse_expand_home(p, word))
        return false;
    if (!word->text.n || memchr(word->text.s, 0, word->text.n)) {
        err_set(parse_err(p), ERR_ARG, "> wants a file's name");
        return reader_blame(r, begin, 1);
    }
    p->call->output = word->text;
    reader_skip_blanks(r);
    if (reader_at_end(r))
        return true;
    err_set(parse_err(p), ERR_ARG, "> FILE ends a command: options come before it, and a name with blanks stands in quotes");
    return reader_blame(r, r->at, strcspn(r->line + r->at, " \t\r\n"));
}

bool parse_pipe(struct parse *p)
{
    struct reader *r = &p->reader;
    size_t begin = r->at++;
    reader_skip_blanks(r);
    size_t from = r->at, end = from + strlen(r->line + from);
    while (end > from && is_blank(r->line[end - 1]))
        end--;
    if (end == from) {
        err_set(parse_err(p), ERR_ARG, "| wants a command of the shell");
        return reader_blame(r, begin, 1);
    }
    p->call->pipe_word = (struct call_word){.column = from + 1, .length = end - from};
    r->at = end;
    return arena_str(p->call->arena, (struct str){r->line + from, end - from}, &p->call->pipe, parse_err(p));
}
