/* Files of questions. See eval.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/embed/eval/eval.h"
#include "core/base/source.h"

enum { FIELDS = 16 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct str trim(struct str s)
{
    while (s.n && is_space(s.s[0]))
        s.s++, s.n--;
    while (s.n && is_space(s.s[s.n - 1]))
        s.n--;
    return s;
}

static bool next_line(struct str *rest, struct str *line)
{
    if (!rest->n)
        return false;
    const char *stop = memchr(rest->s, '\n', rest->n);
    *line = (struct str){rest->s, stop ? (size_t)(stop - rest->s) : rest->n};
    size_t step = line->n + (stop != NULL);
    rest->s += step;
    rest->n -= step;
    *line = trim(*line);
    return true;
}

/* Length of "…" at the begin of a field of a table, up to its separator or the line's end; 0 where no quote closes it. */
static size_t quoted_length(struct str line, char separator)
{
    if (!line.n || line.s[0] != '"')
        return 0;
    for (size_t i = 1; i < line.n; i++) {
        if (line.s[i] != '"')
            continue;
        if (i + 1 == line.n || line.s[i + 1] == separator)
            return i + 1;
        i += line.s[i + 1] == '"'; /* a quote of the text, twice */
    }
    return 0;
}

/* Fields of a line: between blanks where `separator` is 0, else between separators, where they may stand in quotes. */
static size_t split(struct str line, char separator, struct str fields[FIELDS])
{
    size_t n = 0;
    while (line.n && n < FIELDS) {
        size_t quoted = separator ? quoted_length(line, separator) : 0, i = quoted;
        while (i < line.n && (separator ? line.s[i] != separator : !is_space(line.s[i])))
            i++;
        fields[n++] = quoted ? (struct str){line.s + 1, quoted - 2} : trim((struct str){line.s, i});
        line.s += i;
        line.n -= i;
        if (separator && line.n)
            line.s++, line.n--;
        else
            line = trim(line);
    }
    return n;
}

static char separator_of(struct str line)
{
    static const char separators[] = "\t,;";
    for (const char *s = separators; *s; s++)
        if (memchr(line.s, *s, line.n))
            return *s;
    return 0;
}

/* The field of the first number behind two words, or 0. */
static size_t find_score(const struct str *fields, size_t n, double *out)
{
    for (size_t i = 2; i < n; i++)
        if (number_real(fields[i], out))
            return i;
    return 0;
}

static bool is_remark(struct str line)
{
    return !line.n || line.s[0] == '#' || str_starts(line, STR("//"));
}

static struct eval_question *add_question(struct eval_set *set, struct err *err)
{
    if (!mem_grow((void **)&set->questions, &set->capacity, set->n + 1, sizeof *set->questions, "the questions", err))
        return NULL;
    return &set->questions[set->n++];
}

static bool add_section(struct eval_set *set, struct str name, struct err *err)
{
    if (!mem_grow((void **)&set->sections, &set->sections_capacity, set->n_sections + 1, sizeof *set->sections, "the sections",
                  err))
        return false;
    set->sections[set->n_sections++] = (struct eval_section){.name = name, .first = set->n};
    return true;
}

/* ---- analogies ---- */

static bool read_analogies(struct eval_set *set, struct err *err)
{
    struct str rest = buf_view(&set->text), line, fields[FIELDS];
    set->kind = EVAL_ANALOGIES;
    for (size_t number = 1; next_line(&rest, &line); number++) {
        if (is_remark(line))
            continue;
        if (line.s[0] == ':') {
            if (!add_section(set, trim((struct str){line.s + 1, line.n - 1}), err))
                return false;
            continue;
        }
        if (split(line, 0, fields) != 4 && split(line, separator_of(line), fields) != 4) {
            set->ignored++;
            continue;
        }
        if (!set->n_sections && !add_section(set, STR(""), err))
            return false;
        struct eval_question *question = add_question(set, err);
        if (!question)
            return false;
        *question = (struct eval_question){.a = fields[0], .b = fields[1], .c = fields[2], .d = fields[3], .line = number};
        set->sections[set->n_sections - 1].n++;
    }
    return true;
}

/* ---- pairs ---- */


static bool read_pairs(struct eval_set *set, const char *path, struct err *err)
{
    struct str rest = buf_view(&set->text), line, fields[FIELDS];
    bool heading = true; /* may still come */
    size_t first_score = 0;
    set->kind = EVAL_PAIRS;
    for (size_t number = 1; next_line(&rest, &line); number++) {
        double score;
        if (is_remark(line))
            continue;
        size_t n = split(line, separator_of(line), fields), at = find_score(fields, n, &score);
        if (!at) {
            if (!heading || set->n || n < 3)
                return err_set(err, ERR_FORMAT, "%s: line %zu: two words and a number expected, found \"%.*s\"", path, number,
                               STR_ARGS(line));
            heading = false;
            continue;
        }
        if (heading && set->n == 1 && at < first_score) /* "word 1,word 2,mean,1,2,3": numbers of judges, no score */
            set->n = 0;
        heading = heading && !first_score;
        first_score = at;
        struct eval_question *question = add_question(set, err);
        if (!question)
            return false;
        *question = (struct eval_question){.a = fields[0], .b = fields[1], .score = score, .line = number};
    }
    return true;
}

/* ---- which of the two ---- */

/* A section makes analogies, a number behind two words makes pairs; where there is neither, four words in a line are one. */
static bool looks_like_analogies(const struct eval_set *set)
{
    struct str rest = buf_view(&set->text), line, fields[FIELDS];
    bool four = false;
    while (next_line(&rest, &line)) {
        double score;
        if (is_remark(line))
            continue;
        if (line.s[0] == ':')
            return true;
        size_t n = split(line, 0, fields);
        if (n == 4 && !find_score(fields, n, &score)) {
            four = true;
            continue;
        }
        n = split(line, separator_of(line), fields);
        if (find_score(fields, n, &score))
            return false;
        four = four || n == 4;
    }
    return four;
}

bool eval_read(const char *path, struct eval_set *out, struct err *err)
{
    *out = (struct eval_set){0};
    struct source *source = source_text(path, "a set of questions", err);
    if (!source)
        return false;
    buf_add(&out->text, source->data, source->size);
    source_free(source);
    bool ok = buf_ok(&out->text, err) && (looks_like_analogies(out) ? read_analogies(out, err) : read_pairs(out, path, err));
    if (ok && out->n == 0)
        ok = err_set(err, ERR_FORMAT,
                     "%s: holds no question: lines of four words under \": section\" lines, or two words and a "
                     "number are read",
                     path);
    if (!ok)
        eval_set_free(out);
    return ok;
}

void eval_set_free(struct eval_set *set)
{
    free(set->sections);
    free(set->questions);
    buf_free(&set->text);
    *set = (struct eval_set){0};
}
