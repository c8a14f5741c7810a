/* The grammar of a command line: VERB [object] [selector] [key=value …] [> file | | cmd].
 *
 * Words are given to the rows of the command's args as they come; options are checked by their kind. Every error carries
 * the place in the line that it speaks of. Nothing here knows what is loaded. */
#include "repl/grammar/grammar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/architecture.h"
#include "core/base/text.h"
#include "repl/grammar/call.h"
#include "repl/grammar/reader.h"
#include "repl/grammar/suggest.h"
#include "repl/grammar/usage.h"
#include "repl/grammar/value.h"

enum { SHOWN_COLUMNS = 60 }; /* of a word that a message repeats */

/* ---- the verb ---- */

static bool starts(const char *name, struct str prefix)
{
    return strncmp(name, prefix.s, prefix.n) == 0;
}

/* Is the word one of these, `|`-separated? */
static bool among(const char *words, struct str word)
{
    for (const char *at = words; at && *at;) {
        size_t n = strcspn(at, "|");
        if (n == word.n && memcmp(at, word.s, n) == 0)
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

static const struct command *by_prefix(struct str verb, struct err *err)
{
    const struct command *found = NULL;
    struct buf names = {0};
    size_t n = 0;
    for (size_t i = 0; commands[i]; i++)
        if (starts(commands[i]->name, verb)) {
            found = commands[i];
            buf_printf(&names, "%s%s", n++ ? ", " : "", found->name);
        }
    if (n > 1) {
        err_set(err, ERR_ARG, "\"%.*s\" could be %s", STR_ARGS(verb), buf_cstr(&names));
        found = NULL;
    }
    buf_free(&names);
    return found;
}

/* "; did you mean diff or sentsim?": the commands whose keywords hold the verb, at most three. */
static void called_so(struct str verb, struct buf *out)
{
    enum { MOST = 3 };
    const char *found[MOST];
    size_t n = 0;
    for (size_t i = 0; commands[i] && n < MOST; i++)
        if (among(commands[i]->keywords, verb))
            found[n++] = commands[i]->name;
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s", !i ? "; did you mean " : i + 1 == n ? " or " : ", ", found[i]);
    buf_puts(out, n ? "?" : "");
}

static const struct command *find_verb(struct str verb, bool prefixes, struct err *err)
{
    err_clear(err);
    const struct command *found = command_named(verb);
    if (!found && prefixes)
        found = by_prefix(verb, err);
    if (found || (err && err->code))
        return found;
    struct suggestion near;
    suggest_begin(&near, verb);
    for (size_t i = 0; commands[i]; i++) {
        suggest_offer(&near, str_of(commands[i]->name));
        suggest_offer_all(&near, commands[i]->aliases);
    }
    struct buf shown = {0}, meant = {0};
    text_fit(&shown, verb, SHOWN_COLUMNS);
    called_so(verb, &meant);
    err_set(err, ERR_NOT_FOUND, "unknown command \"%s\"%s%s", buf_cstr(&shown), buf_cstr(&meant),
            near.best.n || meant.n ? "" : "; help lists the commands");
    if (!meant.n)
        suggest_add(&near, "", "", err);
    buf_free(&shown);
    buf_free(&meant);
    return NULL;
}

/* ---- parsing state ---- */

struct parse {
    struct reader reader;
    struct call *call;
    size_t capacity;
    size_t next;   /* the row of args that waits for a word */
    size_t filled; /* words that row has taken */
};

static const struct arg *arg_row(const struct parse *p, size_t i)
{
    const struct arg *args = p->call->command->args;
    if (!args)
        return NULL;
    for (size_t k = 0; args[k].name; k++)
        if (k == i)
            return &args[k];
    return NULL;
}

static const struct arg *arg_of_kind(const struct parse *p, enum arg_kind kind)
{
    for (size_t i = 0; arg_row(p, i); i++)
        if (arg_row(p, i)->kind == kind)
            return arg_row(p, i);
    return NULL;
}

static bool blame_word(struct parse *p, const struct call_word *word)
{
    return reader_blame(&p->reader, word->column - 1, word->length);
}

static struct err *err_of(struct parse *p)
{
    return p->reader.err;
}

/* ~/ in front of a bare file name. */
static bool expand_home(struct parse *p, struct call_word *word)
{
    const char *home = getenv("HOME");
    if (word->quoted || !home || !word->text.n || word->text.s[0] != '~' || (word->text.n > 1 && word->text.s[1] != '/'))
        return true;
    struct buf path = {0};
    buf_puts(&path, home);
    buf_add(&path, word->text.s + 1, word->text.n - 1);
    bool ok = buf_ok(&path, err_of(p)) && arena_str(p->call->arena, buf_view(&path), &word->text, err_of(p));
    buf_free(&path);
    return ok;
}

/* ---- positionals ---- */

/* Does this row take the word? A row that does not is passed over where it is optional. */
static bool accepts(const struct parse *p, const struct arg *arg, const struct call_word *word)
{
    if (arg->kind == ARG_RUN)
        return !word->quoted && word->text.n && word->text.s[0] == '@';
    if (arg->kind == ARG_SELECTOR)
        return !word->quoted;
    if (arg->kind == ARG_ACTION)
        return !arg_of_kind(p, ARG_SELECTOR) || (!word->quoted && names_include(p->call->command->actions, word->text));
    if (arg->kind == ARG_TEXT)
        return word->quoted || !arg_of_kind(p, ARG_SELECTOR);
    return arg->kind != ARG_COMMAND; /* it follows a colon, not a word */
}

/* --part, as other programs have it; a text or a raw word may look so. */
static bool has_dashes(const struct parse *p, const struct call_word *word)
{
    return !word->quoted && word->text.n > 2 && memcmp(word->text.s, "--", 2) == 0 && !arg_of_kind(p, ARG_TEXT) &&
           !arg_of_kind(p, ARG_WORDS);
}

static bool too_many(struct parse *p, const struct call_word *word)
{
    const struct command *command = p->call->command;
    struct buf usage = {0};
    command_usage(command, &usage);
    size_t behind = word->column - 1 + word->length;
    while (is_blank(p->reader.line[behind]))
        behind++;
    bool dashes = has_dashes(p, word);
    bool equals = !word->quoted && p->reader.line[behind] == '=';
    if (dashes || equals)
        err_set(err_of(p), ERR_ARG, "options are written NAME=VALUE, without %s: %s", dashes ? "dashes" : "blanks",
                buf_cstr(&usage));
    else if (arg_of_kind(p, ARG_COMMAND))
        err_set(err_of(p), ERR_ARG, "a colon is missing before the command: %s", buf_cstr(&usage));
    else if (!arg_row(p, 0))
        err_set(err_of(p), ERR_ARG, "%s takes no words: %s", command->name, buf_cstr(&usage));
    else
        err_set(err_of(p), ERR_ARG, "\"%.*s\" is one word too many%s: %s", STR_ARGS(word->text),
                arg_of_kind(p, ARG_TEXT) && !word->quoted ? " (a text of several words stands in quotes)" : "", buf_cstr(&usage));
    buf_free(&usage);
    return blame_word(p, word);
}

/* Give the word to the row it belongs to. */
static bool assign(struct parse *p, struct call_word *word)
{
    if (has_dashes(p, word))
        return too_many(p, word);
    const struct arg *runs = arg_of_kind(p, ARG_RUN);
    if (runs && accepts(p, runs, word)) {
        if (!runs->repeated && call_arg(p->call, ARG_RUN, 0))
            return too_many(p, word);
        word->arg = runs;
        return true;
    }
    for (const struct arg *arg; (arg = arg_row(p, p->next)); p->next++, p->filled = 0) {
        if (arg->kind == ARG_RUN || (p->filled && !arg->repeated) || !accepts(p, arg, word))
            continue; /* a required row that gets nothing is missed at the end of the line */
        word->arg = arg;
        p->filled++;
        if (arg->kind == ARG_TEXT && !word->quoted && call_count(p->call, ARG_TEXT))
            return too_many(p, word);
        return true;
    }
    return too_many(p, word);
}

static bool add_word(struct parse *p, struct call_word *word)
{
    if (!assign(p, word))
        return false;
    enum arg_kind kind = word->arg->kind;
    if ((kind == ARG_FILE || kind == ARG_VECTORS || kind == ARG_LOADABLE) && !expand_home(p, word))
        return false;
    struct call *call = p->call;
    if (!mem_grow((void **)&call->words, &p->capacity, call->n_words + 1, sizeof *call->words, "the words of a command",
                  err_of(p)))
        return false;
    call->words[call->n_words++] = *word;
    return true;
}

static bool complain_missing(struct parse *p)
{
    const struct arg *args = p->call->command->args;
    for (size_t i = 0; args && args[i].name; i++) {
        bool given = args[i].kind == ARG_COMMAND || args[i].kind == ARG_RAW ? p->call->rest.n > 0 : false;
        for (size_t w = 0; w < p->call->n_words; w++)
            given = given || p->call->words[w].arg == &args[i];
        if (args[i].optional || given)
            continue;
        struct buf usage = {0};
        command_usage(p->call->command, &usage);
        err_set(err_of(p), ERR_ARG, "%s wants %s: %s", p->call->command->name, args[i].summary ? args[i].summary : args[i].name,
                buf_cstr(&usage));
        buf_free(&usage);
        return reader_blame(&p->reader, strlen(p->reader.line), 1);
    }
    return true;
}

/* ---- options ---- */

/* The length of NAME in NAME=… at s, or 0. */
static size_t option_name_length(const char *s)
{
    size_t n = 0;
    while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || s[n] == '_' || s[n] == '-' ||
           (n && s[n] >= '0' && s[n] <= '9'))
        n++;
    return s[0] != '-' && s[n] == '=' ? n : 0;
}

static size_t find_option(const struct command *command, struct str name)
{
    size_t n = command_options(command);
    for (size_t i = 0; i < n; i++)
        if (str_is(name, command_option(command, i)->name))
            return i;
    return SIZE_MAX;
}

static bool unknown_option(struct parse *p, struct str name)
{
    const struct command *command = p->call->command;
    struct suggestion near;
    suggest_begin(&near, name);
    size_t n = command_options(command);
    struct buf names = {0};
    for (size_t i = 0; i < n; i++) {
        suggest_offer(&near, str_of(command_option(command, i)->name));
        buf_printf(&names, "%s%s=", i ? " " : "", command_option(command, i)->name);
    }
    err_set(err_of(p), ERR_ARG, "%s has no option %.*s=", command->name, STR_ARGS(name));
    if (near.best.n)
        suggest_add(&near, "", "=", err_of(p));
    else
        err_set(err_of(p), ERR_ARG, "%s has no option %.*s= (it has %s)%s", command->name, STR_ARGS(name), buf_cstr(&names),
                command->raw_text ? "; a text that begins so stands in quotes" : "");
    buf_free(&names);
    return reader_blame(&p->reader, (size_t)(name.s - p->reader.line), name.n);
}

static bool read_option(struct parse *p, size_t name_length)
{
    struct reader *r = &p->reader;
    struct str name = {r->line + r->at, name_length};
    const struct command *command = p->call->command;
    size_t i = find_option(command, name);
    if (i == SIZE_MAX)
        return unknown_option(p, name);
    const struct option *option = command_option(command, i);
    struct call_word *value = &p->call->values[i];
    size_t begin = r->at;
    if (value->text.s) {
        err_set(err_of(p), ERR_ARG, "%s= is given twice", option->name);
        return reader_blame(r, begin, name_length);
    }
    r->at += name_length + 1;
    bool tokens = option->kind == VALUE_TOKENS;
    if (!reader_word(r, tokens ? WORD_TOKENS : WORD_PLAIN, "", value))
        return false;
    if (option->kind == VALUE_FILE && !expand_home(p, value))
        return false;
    struct err why = {0};
    if (!option_check(option, value->text, &why)) {
        if (err_of(p))
            *err_of(p) = why;
        return value->length ? blame_word(p, value) : reader_blame(r, begin, name_length + 1);
    }
    return true;
}

/* ---- a text without quotes ---- */

/* Was one of these options given? */
static bool any_given(const struct parse *p, const char *names)
{
    for (const char *at = names; *at;) {
        size_t n = strcspn(at, "|"), i = find_option(p->call->command, (struct str){at, n});
        if (i != SIZE_MAX && p->call->values[i].text.s)
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

/* Does the text begin here that takes the rest of the line? */
static bool raw_text_is_due(const struct parse *p)
{
    const char *s = p->reader.line + p->reader.at, *instead = p->call->command->raw_text;
    bool dash = s[0] == '-' && (!s[1] || is_blank(s[1]));
    return instead && !p->call->n_words && s[0] && s[0] != '"' && s[0] != '\'' && !dash && !option_name_length(s) &&
           !any_given(p, instead);
}

/* Is what stands at byte `at` an option of the command, and the last thing before byte `end`? A quoted value may hold blanks. */
static bool option_ends_at(const struct parse *p, size_t at, size_t end)
{
    const char *line = p->reader.line;
    size_t name = option_name_length(line + at), i = at + name + 1;
    if (!name || find_option(p->call->command, (struct str){line + at, name}) == SIZE_MAX)
        return false;
    char quote = i < end && (line[i] == '"' || line[i] == '\'') ? line[i++] : 0;
    while (i < end && (quote ? line[i] != quote : !is_blank(line[i])))
        i++;
    return i + (quote != 0) >= end;
}

/* The rest of the line as the text, blanks at its end cut. An option behind it was meant as one, and belongs in front. */
static bool take_raw_text(struct parse *p)
{
    struct reader *r = &p->reader;
    size_t begin = r->at, end = begin + strlen(r->line + begin);
    while (end > begin && is_blank(r->line[end - 1]))
        end--;
    for (size_t i = begin; i < end; i++)
        if (i > begin && is_blank(r->line[i - 1]) && option_ends_at(p, i, end)) {
            size_t name = option_name_length(r->line + i);
            err_set(err_of(p), ERR_ARG,
                    "%.*s= stands before a text without quotes: %s %.*s the text (in quotes a text may hold it)", (int)name,
                    r->line + i, p->call->command->name, (int)(end - i), r->line + i);
            return reader_blame(r, i, end - i);
        }
    struct call_word word = {.column = begin + 1, .length = end - begin};
    r->at = end;
    while (is_blank(r->line[r->at]))
        r->at++;
    return arena_str(p->call->arena, (struct str){r->line + begin, end - begin}, &word.text, err_of(p)) && add_word(p, &word);
}

/* ---- the end of a line: rest, > and | ---- */

static bool take_rest(struct parse *p)
{
    const char *line = p->reader.line;
    reader_skip_blanks(&p->reader);
    size_t begin = p->reader.at, end = begin + strlen(line + begin);
    bool raw = arg_of_kind(p, ARG_RAW) != NULL; /* blanks at the end matter to `complete` */
    while (!raw && end > begin && is_blank(line[end - 1]))
        end--;
    p->call->rest_column = begin + 1;
    p->reader.at = begin + strlen(line + begin);
    return arena_str(p->call->arena, (struct str){line + begin, end - begin}, &p->call->rest, err_of(p));
}

static bool read_output(struct parse *p)
{
    struct reader *r = &p->reader;
    size_t begin = r->at++;
    struct call_word *word = &p->call->output_word;
    if (r->line[r->at] == '>') {
        err_set(err_of(p), ERR_ARG, ">> does not exist: > FILE writes a whole file");
        return reader_blame(r, begin, 2);
    }
    reader_skip_blanks(r);
    if (!reader_at_end(r) && !reader_word(r, WORD_PLAIN, "", word))
        return false;
    if (!expand_home(p, word))
        return false;
    if (!word->text.n || memchr(word->text.s, 0, word->text.n)) {
        err_set(err_of(p), ERR_ARG, "> wants a file's name");
        return reader_blame(r, begin, 1);
    }
    p->call->output = word->text;
    reader_skip_blanks(r);
    if (reader_at_end(r))
        return true;
    err_set(err_of(p), ERR_ARG, "> FILE ends a command: options come before it, and a name with blanks stands in quotes");
    return reader_blame(r, r->at, strcspn(r->line + r->at, " \t\r\n"));
}

static bool read_pipe(struct parse *p)
{
    struct reader *r = &p->reader;
    size_t begin = r->at++;
    reader_skip_blanks(r);
    size_t from = r->at, end = from + strlen(r->line + from);
    while (end > from && is_blank(r->line[end - 1]))
        end--;
    if (end == from) {
        err_set(err_of(p), ERR_ARG, "| wants a command of the shell");
        return reader_blame(r, begin, 1);
    }
    p->call->pipe_word = (struct call_word){.column = from + 1, .length = end - from};
    r->at = end;
    return arena_str(p->call->arena, (struct str){r->line + from, end - from}, &p->call->pipe, err_of(p));
}

/* ---- the line ---- */

/* The row that takes the rest of the line, if it is its turn: at once where it is the first, else after a colon. */
static bool rest_is_due(const struct parse *p)
{
    const struct arg *first = arg_row(p, 0);
    if (!first)
        return false;
    if (first->kind == ARG_RAW)
        return true;
    return first->kind == ARG_COMMAND && !option_name_length(p->reader.line + p->reader.at);
}

static bool at_colon(const struct parse *p)
{
    const char *s = p->reader.line + p->reader.at;
    return *s == ':' && p->call->n_words && arg_of_kind(p, ARG_COMMAND) && (!s[1] || is_blank(s[1]));
}

/* One word, with what stands around it in `each FILE: COMMAND`. */
static bool read_positional(struct parse *p)
{
    struct call_word word;
    bool colon = arg_of_kind(p, ARG_COMMAND) != NULL;
    if (!reader_word(&p->reader, WORD_PLAIN, colon ? ":" : "", &word))
        return false;
    if (colon && !word.quoted && word.text.n > 1 && word.text.s[word.text.n - 1] == ':') {
        word.text.n--; /* the colon is read again as the end of the words */
        word.length--;
        p->reader.at--;
        if (!arena_str(p->call->arena, word.text, &word.text, err_of(p)))
            return false;
    }
    return add_word(p, &word);
}

static bool read_rest_of_line(struct parse *p)
{
    struct reader *r = &p->reader;
    for (;;) {
        bool due = rest_is_due(p);
        if (due && arg_row(p, 0)->kind == ARG_RAW)
            return take_rest(p) && complain_missing(p);
        reader_skip_blanks(r);
        if (raw_text_is_due(p))
            return take_raw_text(p);
        if (reader_at_end(r))
            return complain_missing(p);
        if (due)
            return take_rest(p);
        if (at_colon(p)) {
            r->at++;
            return take_rest(p) && complain_missing(p);
        }
        char c = r->line[r->at];
        if (c == '>')
            return read_output(p) && complain_missing(p);
        if (c == '|')
            return read_pipe(p) && complain_missing(p);
        size_t name = option_name_length(r->line + r->at);
        if (name ? !read_option(p, name) : !read_positional(p))
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
    p->call->values = mem_new(command_options(command), sizeof *p->call->values, "options", err_of(p));
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
        err_set(err_of(p), ERR_ARG, "a command begins with its verb: help lists them");
        return reader_blame(r, begin, 1);
    } else {
        command = find_verb((struct str){r->line + begin, length}, prefixes, err_of(p));
    }
    if (!command)
        return reader_blame(r, begin, length);
    call->verb_column = begin + 1;
    call->verb_length = length;
    r->at += length;
    char after = r->line[r->at];
    if (r->line[begin] != '!' && (after == '"' || after == '\'' || after == '#')) {
        err_set(err_of(p), ERR_ARG, "a blank is missing after %s", command->name);
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
