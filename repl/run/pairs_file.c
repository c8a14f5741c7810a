/* Minimal pairs from a file. See pairs_file.h.
 *
 *   paradigm ⇥ good ⇥ bad      three fields without a header; two: good ⇥ bad
 *   a header                   a first line with a name of each sentence (below); any other columns are passed over
 *   {"sentence_good": …}       one object a line, the same names as keys
 *
 * A field in double quotes is read as spreadsheets write it: without them, "" inside is ". */
#include "repl/run/pairs_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/scan.h"

enum { MOST_FIELDS = 64 };
enum { GOOD, BAD, PARADIGM, COLUMNS };

/* What each is called, in headers and JSON, the first one found counts. */
static const char *const names[COLUMNS][6] = {
    [GOOD] = {"sentence_good", "good", "grammatical", "acceptable", NULL},
    [BAD] = {"sentence_bad", "bad", "ungrammatical", "unacceptable", NULL},
    [PARADIGM] = {"paradigm", "UID", "uid", "phenomenon", NULL},
};

struct fields {
    struct str at[MOST_FIELDS];
    size_t n;
};

static void split(struct str line, struct fields *out)
{
    out->n = 0;
    for (bool more = true; more && out->n < MOST_FIELDS;) {
        const char *tab = memchr(line.s, '\t', line.n);
        size_t n = tab ? (size_t)(tab - line.s) : line.n;
        out->at[out->n++] = (struct str){line.s, n};
        more = tab != NULL;
        line.s += n + more;
        line.n -= n + more;
    }
}

/* A quoted field without its quotes, in the arena. */
static bool unquote(struct str *field, struct arena *arena, struct err *err)
{
    struct buf b = {0};
    bool quoted = field->n > 1 && field->s[0] == '"' && field->s[field->n - 1] == '"';
    for (size_t i = 1; quoted && i + 1 < field->n; i++) {
        if (field->s[i] == '"') {
            quoted = i + 2 < field->n && field->s[i + 1] == '"';
            i++;
        }
        buf_char(&b, field->s[i]);
    }
    bool ok = buf_ok(&b, err) && (!quoted || arena_str(arena, buf_view(&b), field, err));
    buf_free(&b);
    return ok;
}

static bool add(struct pairs_file *out, struct pair pair, struct err *err)
{
    if (!mem_grow((void **)&out->pairs, &out->capacity, out->n + 1, sizeof *out->pairs, "pairs", err))
        return false;
    out->pairs[out->n++] = pair;
    return true;
}

static size_t find_column(const struct fields *header, int column)
{
    for (size_t k = 0; names[column][k]; k++)
        for (size_t i = 0; i < header->n; i++)
            if (str_is(header->at[i], names[column][k]))
                return i;
    return SIZE_MAX;
}

/* Which field is what: of the header, or of the number of fields where the first line is none. */
static bool read_header(struct str line, size_t at[COLUMNS], size_t *fields_out, bool *is_header, struct err *err)
{
    struct fields fields;
    split(line, &fields);
    *fields_out = fields.n;
    for (int c = 0; c < COLUMNS; c++)
        at[c] = find_column(&fields, c);
    *is_header = at[GOOD] != SIZE_MAX && at[BAD] != SIZE_MAX;
    if (*is_header)
        return true;
    if (fields.n != 2 && fields.n != 3)
        return err_set(err, ERR_FORMAT,
                       "%zu fields; expected good<tab>bad, paradigm<tab>good<tab>bad, or a header that names sentence_good and "
                       "sentence_bad",
                       fields.n);
    at[PARADIGM] = fields.n == 3 ? 0 : SIZE_MAX;
    at[GOOD] = fields.n - 2;
    at[BAD] = fields.n - 1;
    return true;
}

static bool read_tabs(struct pairs_file *out, struct str line, size_t number, const size_t at[COLUMNS], size_t expected,
                      struct err *err)
{
    struct fields fields;
    struct str value[COLUMNS] = {{0}};
    split(line, &fields);
    if (fields.n != expected)
        return err_set(err, ERR_FORMAT, "%zu fields, the first line has %zu", fields.n, expected);
    for (int c = 0; c < COLUMNS; c++) {
        if (at[c] == SIZE_MAX)
            continue;
        value[c] = fields.at[at[c]];
        if (!unquote(&value[c], out->arena, err))
            return false;
    }
    return add(out, (struct pair){value[GOOD], value[BAD], value[PARADIGM], number}, err);
}

static bool read_object(struct pairs_file *out, struct str line, size_t number, struct err *err)
{
    struct str value[COLUMNS] = {{0}};
    struct json *object = json_parse(line, "the line", 0, err);
    bool ok = object != NULL;
    for (int c = 0; ok && c < COLUMNS; c++) {
        const struct json *found = NULL;
        for (size_t k = 0; !json_is_string(found) && names[c][k]; k++)
            found = json_get(object, names[c][k]);
        if (json_is_string(found))
            ok = arena_str(out->arena, json_str(found, ""), &value[c], err);
        else if (c != PARADIGM)
            ok = err_set(err, ERR_FORMAT, "no text %s", names[c][0]);
    }
    json_free(object);
    return ok && add(out, (struct pair){value[GOOD], value[BAD], value[PARADIGM], number}, err);
}

static bool read_lines(struct pairs_file *out, struct scan_lines *lines, struct err *err)
{
    struct str line;
    size_t at[COLUMNS], fields = 0;
    bool json = false;
    while (scan_next_line(lines, &line)) {
        bool header = false;
        if (lines->number == 1 && line.n >= 3 && memcmp(line.s, "\xef\xbb\xbf", 3) == 0)
            line = (struct str){line.s + 3, line.n - 3};
        if (lines->number == 1) {
            json = line.n && line.s[0] == '{';
            if (!json && !read_header(line, at, &fields, &header, err))
                return false;
        }
        if (!header && !(json ? read_object(out, line, lines->line, err) : read_tabs(out, line, lines->line, at, fields, err)))
            return false;
    }
    return true;
}

bool pairs_file_open(const char *path, struct pairs_file *out, struct err *err)
{
    *out = (struct pairs_file){.arena = arena_new(err)};
    out->file = out->arena ? source_text(path, "a file of pairs", err) : NULL;
    bool ok = out->file != NULL;
    if (ok) {
        struct scan_lines lines = {.rest = {(const char *)out->file->data, out->file->size}};
        ok = read_lines(out, &lines, err) || err_prefix(err, "%s:%zu: ", path, lines.line);
    }
    if (ok && !out->n)
        ok = err_set(err, ERR_FORMAT, "%s: holds no pair", path);
    if (!ok)
        pairs_file_free(out);
    return ok;
}

void pairs_file_free(struct pairs_file *file)
{
    source_free(file->file);
    arena_free(file->arena);
    free(file->pairs);
    *file = (struct pairs_file){0};
}
