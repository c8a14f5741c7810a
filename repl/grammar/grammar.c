/* The grammar of a command line: VERB [object] [selector] [key=value …] [> file | | cmd].
 *
 * Words are given to the rows of the command's args as they come; options are checked by their kind. Every error carries
 * the place in the line that it speaks of. Nothing here knows what is loaded. */
#include "repl/grammar/grammar.h"

#include <ctype.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/grammar/parse.h"

/* The row that takes the rest of the line, if it is its turn: at once where it is the first, else after a colon. */
static bool rest_is_due(const struct parse *p)
{
    const struct arg *first = parse_arg(p, 0);
    if (!first)
        return false;
    if (first->kind == ARG_RAW)
        return true;
    return first->kind == ARG_COMMAND && !option_name_length(p->reader.line + p->reader.at);
}

static bool at_colon(const struct parse *p)
{
    const char *s = p->reader.line + p->reader.at;
    return *s == ':' && p->call->n_words && parse_arg_of_kind(p, ARG_COMMAND) && (!s[1] || is_blank(s[1]));
}

/* One word, with what stands around it in `each FILE: COMMAND`. */
static bool read_positional(struct parse *p)
{
    struct call_word word;
    bool colon = parse_arg_of_kind(p, ARG_COMMAND) != NULL;
    if (!reader_word(&p->reader, WORD_PLAIN, colon ? ":" : "", &word))
        return false;
    if (colon && !word.quoted && word.text.n > 1 && word.text.s[word.text.n - 1] == ':') {
        word.text.n--; /* the colon is read again as the end of the words */
        word.length--;
        p->reader.at--;
        if (!arena_str(p->call->arena, word.text, &word.text, parse_err(p)))
            return false;
    }
    return parse_add_word(p, &word);
}

static bool read_rest_of_line(struct parse *p)
{
    struct reader *r = &p->reader;
    for (;;) {
        bool due = rest_is_due(p);
        if (due && parse_arg(p, 0)->kind == ARG_RAW)
            return parse_rest(p) && parse_complete(p);
        reader_skip_blanks(r);
        if (parse_raw_is_due(p))
            return parse_raw_text(p);
        if (reader_at_end(r))
            return parse_complete(p);
        if (due)
            return parse_rest(p);
        if (at_colon(p)) {
            r->at++;
            return parse_rest(p) && parse_complete(p);
        }
        char c = r->line[r->at];
        if (c == '>')
            return parse_output(p) && parse_complete(p);
        if (c == '|')
            return parse_pipe(p) && parse_complete(p);
        size_t name = option_name_length(r->line + r->at);
        if (name ? !parse_option(p, name) : !read_positional(p))
            return false;
    }
}

/* The command that a selector alone is for. */
const struct command *selector_command(void)
{
    size_t i = 0;
    while (commands[i] && !commands[i]->bare_selector)
        i++;
    return commands[i];
}

static bool begin_command(struct parse *p, const struct command *command)
{
    p->call->command = command;
    p->call->values = mem_new(command_options(command), sizeof *p->call->values, "options", parse_err(p));
    return p->call->values != NULL;
}

static bool read_command(struct parse *p, bool prefixes)
{
    struct reader *r = &p->reader;
    struct call *call = p->call;
    size_t begin = r->at, length = strcspn(r->line + begin, " \t\r\n>|#\"'");
    const struct command *command = NULL;
    if (r->line[begin] == '!') {
        length = 1;
        command = command_named(STR("!"));
    } else if (looks_like_selector(r->line + begin)) {
        call->verb_column = begin + 1;
        return begin_command(p, selector_command()) && read_rest_of_line(p);
    } else if (length == 0) {
        err_set(parse_err(p), ERR_ARG, "a command begins with its verb: help lists them");
        return reader_blame(r, begin, 1);
    } else {
        command = parse_verb((struct str){r->line + begin, length}, prefixes, parse_err(p));
    }
    if (!command)
        return reader_blame(r, begin, length);
    call->verb_column = begin + 1;
    call->verb_length = length;
    r->at += length;
    char after = r->line[r->at];
    if (r->line[begin] != '!' && (after == '"' || after == '\'' || after == '#')) {
        err_set(parse_err(p), ERR_ARG, "a blank is missing after %s", command->name);
        return reader_blame(r, r->at, 1);
    }
    return begin_command(p, command) && read_rest_of_line(p);
}

bool looks_like_selector(const char *text)
{
    if (*text == '*')
        return !text[1] || is_blank(text[1]) || text[1] == '>' || text[1] == '|';
    bool letter = isalpha((unsigned char)*text) != 0, digit = text[1] >= '0' && text[1] <= '9';
    return letter && (digit || text[1] == '*' || (text[1] == '-' && text[2] >= '0' && text[2] <= '9'));
}

bool call_parse(const char *line, bool prefixes, struct call *out, struct err *err)
{
    *out = (struct call){.line = line};
    err_clear(err);
    out->arena = arena_new(err);
    if (!out->arena)
        return false;
    struct parse p = {.reader = {line, 0, out->arena, err}, .call = out};
    reader_skip_blanks(&p.reader);
    return reader_at_end(&p.reader) || read_command(&p, prefixes);
}

char *call_full_line(const char *line, bool prefixes, struct err *err)
{
    struct call call;
    struct buf full = {0};
    if (call_parse(line, prefixes, &call, NULL) && call.command && line[call.verb_column - 1] != '!') {
        buf_add(&full, line, call.verb_column - 1);
        buf_puts(&full, call.command->name);
        buf_puts(&full, call.verb_length ? "" : " ");
        buf_puts(&full, line + call.verb_column - 1 + call.verb_length);
    } else {
        buf_puts(&full, line);
    }
    call_free(&call);
    if (!buf_ok(&full, err)) {
        buf_free(&full);
        return NULL;
    }
    return full.data ? full.data : mem_copy_str(STR(""), err);
}
