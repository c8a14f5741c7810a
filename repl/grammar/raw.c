/* A text without quotes: `run what's up`. It takes the rest of the line as it stands. */
#include <string.h>

#include "repl/grammar/parse.h"

/* Was one of these options given? */
static bool any_given(const struct parse *p, const char *names)
{
    for (const char *at = names; *at;) {
        size_t n = strcspn(at, "|"), i = option_find(p->call->command, (struct str){at, n});
        if (i != SIZE_MAX && p->call->values[i].text.s)
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

/* Does the text begin here that takes the rest of the line? */
bool parse_raw_is_due(const struct parse *p)
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
    if (!name || option_find(p->call->command, (struct str){line + at, name}) == SIZE_MAX)
        return false;
    char quote = i < end && (line[i] == '"' || line[i] == '\'') ? line[i++] : 0;
    while (i < end && (quote ? line[i] != quote : !is_blank(line[i])))
        i++;
    return i + (quote != 0) >= end;
}

/* The rest of the line as the text, blanks at its end cut. An option behind it was meant as one, and belongs in front. */
bool parse_raw_text(struct parse *p)
{
    struct reader *r = &p->reader;
    size_t begin = r->at, end = begin + strlen(r->line + begin);
    while (end > begin && is_blank(r->line[end - 1]))
        end--;
    for (size_t i = begin; i < end; i++)
        if (i > begin && is_blank(r->line[i - 1]) && option_ends_at(p, i, end)) {
            size_t name = option_name_length(r->line + i);
            err_set(parse_err(p), ERR_ARG,
                    "%.*s= stands before a text without quotes: %s %.*s the text (in quotes a text may hold it)", (int)name,
                    r->line + i, p->call->command->name, (int)(end - i), r->line + i);
            return reader_blame(r, i, end - i);
        }
    struct call_word word = {.column = begin + 1, .length = end - begin};
    r->at = end;
    while (is_blank(r->line[r->at]))
        r->at++;
    return arena_str(p->call->arena, (struct str){r->line + begin, end - begin}, &word.text, parse_err(p)) && parse_add_word(p, &word);
}
