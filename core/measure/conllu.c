/* Sentences of a CoNLL-U file. See conllu.h. */
#include "core/measure/conllu.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/base/text.h"

enum { COLUMNS = 10, ID = 0, FORM = 1, HEAD = 6, RELATION = 7, MISC = 9 };

bool conllu_new(struct lines *lines, struct conllu *out, struct err *err)
{
    *out = (struct conllu){.lines = lines, .arena = arena_new(err)};
    return out->arena != NULL;
}

void conllu_free(struct conllu *c)
{
    arena_free(c->arena);
    free(c->words);
    buf_free(&c->text);
    buf_free(&c->why);
}

/* The columns of a line; how many there are, those beyond the tenth counted too. */
static size_t split(struct str line, struct str out[COLUMNS])
{
    size_t n = 0;
    for (size_t from = 0, i = 0; i <= line.n; i++)
        if (i == line.n || line.s[i] == '\t') {
            if (n < COLUMNS)
                out[n] = (struct str){line.s + from, i - from};
            n++;
            from = i + 1;
        }
    return n;
}

static bool has(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (memcmp(text.s + i, part.s, part.n) == 0)
            return true;
    return false;
}

/* What is wrong with the line, or NULL. *word_out: it is one. */
static const char *read_line(struct str line, struct str columns[COLUMNS], size_t next, long *head_out, bool *word_out)
{
    long id;
    *word_out = false;
    if (line.s[0] == '#')
        return NULL;
    if (utf8_invalid_at(line) < line.n)
        return "no UTF-8";
    size_t n = split(line, columns);
    if (n != COLUMNS)
        return "not ten columns between tabs";
    if (memchr(columns[ID].s, '-', columns[ID].n) || memchr(columns[ID].s, '.', columns[ID].n)) {
        for (size_t i = 0; i < columns[ID].n; i++)
            if (!strchr("0123456789-.", columns[ID].s[i]) || !columns[ID].s[i])
                return "an id that is no number";
        return NULL;
    }
    if (!number_whole(columns[ID], &id) || id != (long)next)
        return "ids that do not count from 1";
    if (!columns[FORM].n || memchr(columns[FORM].s, 0, columns[FORM].n))
        return "a word without letters, or with a NUL byte";
    if (!number_whole(columns[HEAD], head_out) || *head_out < 0)
        return "a head that is no number";
    if (!columns[RELATION].n || str_is(columns[RELATION], "_"))
        return "a word without a relation";
    *word_out = true;
    return NULL;
}

static bool add_word(struct conllu *c, const struct str columns[COLUMNS], long head, bool *space, struct err *err)
{
    struct conllu_word word = {.head = (size_t)head};
    if (!mem_grow((void **)&c->words, &c->capacity, c->n + 1, sizeof *c->words, "words of a sentence", err) ||
        !arena_str(c->arena, columns[FORM], &word.form, err) || !arena_str(c->arena, columns[RELATION], &word.relation, err))
        return false;
    if (c->n && *space)
        buf_char(&c->text, ' ');
    word.begin = c->text.n;
    buf_str(&c->text, word.form);
    word.end = c->text.n;
    *space = !has(columns[MISC], STR("SpaceAfter=No"));
    c->words[c->n++] = word;
    return buf_ok(&c->text, err);
}

/* Heads within the sentence, one root at least, and from every word a way to it. */
static const char *no_tree(const struct conllu *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->words[i].head > c->n)
            return "a head outside the sentence";
    for (size_t i = 0; i < c->n; i++) {
        size_t steps = 0, at = i + 1;
        while (at && steps++ <= c->n)
            at = c->words[at - 1].head;
        if (at)
            return "heads that go in a circle";
    }
    return NULL;
}

/* The lines up to a blank one. *why_out: the first fault. */
static bool read_sentence(struct conllu *c, const char **why_out, size_t *why_line_out, bool *end_out, struct err *err)
{
    bool space = true, word;
    arena_reset(c->arena);
    c->n = c->text.n = 0;
    c->line = 0;
    *why_out = NULL;
    for (;;) {
        struct str line, columns[COLUMNS];
        long head = 0;
        if (!lines_next(c->lines, &line, end_out, err))
            return false;
        if (*end_out || !line.n) {
            if (*end_out || c->line)
                break;
            continue;
        }
        if (!c->line)
            c->line = lines_number(c->lines);
        const char *why = *why_out ? NULL : read_line(line, columns, c->n + 1, &head, &word);
        if (why) {
            *why_out = why;
            *why_line_out = lines_number(c->lines);
        } else if (!*why_out && word && !add_word(c, columns, head, &space, err)) {
            return false;
        }
    }
    if (!*why_out && c->n && (*why_out = no_tree(c)))
        *why_line_out = c->line;
    return true;
}

bool conllu_next(struct conllu *c, bool *end_out, struct err *err)
{
    const char *why;
    size_t line = 0;
    do {
        if (!read_sentence(c, &why, &line, end_out, err))
            return false;
        if (why && !c->bad++) {
            c->bad_line = line;
            buf_puts(&c->why, why);
        }
        if (why)
            c->n = 0;
    } while (!c->n && !*end_out);
    if (c->n)
        *end_out = false; /* the last sentence may lack its blank line */
    c->sentences += c->n > 0;
    return true;
}
