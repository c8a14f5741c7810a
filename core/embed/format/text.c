/* Text files of vectors. The file is cut at line ends into pieces; one pass counts the lines of each, which gives every piece
 * its first row, a second reads the numbers. A word that holds blanks is taken for what stands before the last E fields. */
#include "core/embed/format/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "core/base/pool.h"

enum { PIECE = 1 << 20, MOST_PIECES = 4096 };

struct piece {
    const char *begin, *end;
    size_t row, lines, blank; /* its first row, its lines that hold something, and those that hold nothing */
    size_t first_line;
    size_t with_blanks, blanks_line; /* words that hold blanks, the first one's line */
    size_t strange, strange_line;    /* words with NaN or infinite numbers */
    size_t bad_line;                 /* 0: none */
    char why[200];
};

struct reading {
    struct vectors *v;
    struct str *words;
    float *numbers;
    struct piece *pieces;
    size_t n_pieces, rows;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The line at s without its end and the blanks before it; *next is the following line's begin. */
static struct str line_at(const char *s, const char *end, const char **next)
{
    const char *stop = memchr(s, '\n', (size_t)(end - s));
    *next = stop ? stop + 1 : end;
    size_t n = (size_t)((stop ? stop : end) - s);
    while (n && is_blank(s[n - 1]))
        n--;
    return (struct str){s, n};
}

/* Take the last field of a line off `rest`, with the blanks before it. False where it is the line's first or none: that is the
 * word; or no number. */
static bool number_field(const char *line, struct str *rest, struct str *field, float *value)
{
    size_t stop = rest->n, i = stop;
    while (i && !is_blank(rest->s[i - 1]))
        i--;
    *field = (struct str){rest->s + i, stop - i};
    if (field->s == line || !number_parse(field->s, field->s + field->n, value))
        return false;
    while (i && is_blank(rest->s[i - 1]))
        i--;
    rest->n = i;
    return true;
}

bool text_header(const struct source *source, size_t *V_out, size_t *E_out, size_t *behind_out)
{
    const char *begin = (const char *)source->data, *next;
    size_t look = source->size < 128 ? source->size : 128, values[2] = {0}, n = 0, i = 0;
    if (!look || !memchr(begin, '\n', look))
        return false;
    struct str line = line_at(begin, begin + look, &next);
    while (i < line.n && is_blank(line.s[i]))
        i++;
    for (; i < line.n; n++) {
        long value;
        if (n == 2 || line.s[i] == '-' || !number_take(line, &i, &value))
            return false;
        values[n] = (size_t)value;
        if (i < line.n && !is_blank(line.s[i]))
            return false;
        while (i < line.n && is_blank(line.s[i]))
            i++;
    }
    *V_out = values[0];
    *E_out = values[1];
    *behind_out = (size_t)(next - begin);
    return n == 2;
}

size_t text_dimensions(const struct source *source, size_t at)
{
    const char *end = (const char *)source->data + source->size, *next;
    if (at >= source->size)
        return 0;
    struct str line = line_at((const char *)source->data + at, end, &next);
    struct str rest = line, field;
    size_t n = 0;
    float value;
    while (number_field(line.s, &rest, &field, &value)) /* from the right, as long as there are numbers */
        n++;
    return n;
}

/* ---- counting ---- */

static void count_piece(void *context, size_t task, size_t thread)
{
    struct reading *r = context;
    struct piece *piece = &r->pieces[task];
    (void)thread;
    for (const char *s = piece->begin, *next; s < piece->end; s = next) {
        const char *stop = memchr(s, '\n', (size_t)(piece->end - s));
        next = stop ? stop + 1 : piece->end;
        bool empty = next - s <= 2 && (*s == '\n' || *s == '\r');
        piece->lines += !empty;
        piece->blank += empty;
    }
}

static bool cut(struct reading *r, const char *begin, const char *end, struct err *err)
{
    size_t size = (size_t)(end - begin), n = size / PIECE + 1;
    if (n > MOST_PIECES)
        n = MOST_PIECES;
    r->pieces = mem_new(n, sizeof *r->pieces, "pieces of a file", err);
    if (!r->pieces)
        return false;
    for (size_t i = 0; i < n && begin < end; i++) {
        const char *stop = i + 1 == n ? end : begin + (size_t)(end - begin) / (n - i);
        const char *line = stop < end ? memchr(stop, '\n', (size_t)(end - stop)) : NULL;
        stop = line ? line + 1 : end;
        r->pieces[r->n_pieces++] = (struct piece){.begin = begin, .end = stop};
        begin = stop;
    }
    return true;
}

/* ---- reading ---- */

static void complain(struct piece *piece, size_t line, const char *what, size_t expected, size_t found)
{
    piece->bad_line = line;
    snprintf(piece->why, sizeof piece->why, "%zu number%s expected behind the word, found %s%zu", expected,
             expected == 1 ? "" : "s", what, found);
}

static bool has_blank(struct str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (is_blank(word.s[i]))
            return true;
    return false;
}

/* A word that holds blanks, as some files have (". . ."). Where it ends in a fraction, that is a number too many. */
static bool take_blanks(struct piece *piece, size_t number, struct str word, size_t E)
{
    struct str rest = word, field;
    size_t found = E;
    float value;
    bool fraction = false;
    for (; number_field(word.s, &rest, &field, &value); found++)
        fraction = fraction || memchr(field.s, '.', field.n) || memchr(field.s, 'e', field.n);
    if (fraction) {
        complain(piece, number, "", E, found);
        return false;
    }
    if (!piece->with_blanks++)
        piece->blanks_line = number;
    return true;
}

/* The last E fields are the numbers, what stands before them is the word. */
static bool read_from_right(struct piece *piece, size_t number, struct str line, size_t E, struct str *word, float *out)
{
    struct str rest = line, field = line;
    size_t fields = 0;
    while (fields < E && number_field(line.s, &rest, &field, &out[E - 1 - fields]))
        fields++;
    if (fields == E) {
        while (rest.n && is_blank(*rest.s)) /* blanks before the word are not of it */
            rest.s++, rest.n--;
        *word = rest;
        return !has_blank(rest) || take_blanks(piece, number, rest, E);
    }
    if (field.s > line.s) { /* a field that is no number: is it one too few, or a wrong one? */
        size_t all = 0;
        for (size_t k = 0; k < line.n; k++)
            all += !is_blank(line.s[k]) && k && is_blank(line.s[k - 1]);
        if (all != E) {
            complain(piece, number, "", E, all);
            return false;
        }
        piece->bad_line = number;
        snprintf(piece->why, sizeof piece->why, "\"%.*s\" is no number", (int)(field.n < 60 ? field.n : 60), field.s);
        return false;
    }
    complain(piece, number, "", E, fields);
    return false;
}

static bool read_line(struct piece *piece, size_t number, struct str line, size_t E, struct str *word, float *out)
{
    const char *s = line.s, *end = line.s + line.n;
    while (s < end && *s != ' ' && *s != '\t')
        s++;
    *word = (struct str){line.s, (size_t)(s - line.s)};
    for (size_t d = 0; d < E; d++) {
        while (s < end && is_blank(*s))
            s++;
        s = s < end ? number_parse(s, end, &out[d]) : NULL;
        if (!s)
            return read_from_right(piece, number, line, E, word, out);
    }
    return s == end || read_from_right(piece, number, line, E, word, out);
}

static void read_piece(void *context, size_t task, size_t thread)
{
    struct reading *r = context;
    struct piece *piece = &r->pieces[task];
    size_t E = r->v->E, row = piece->row, number = piece->first_line;
    (void)thread;
    for (const char *s = piece->begin, *next; s < piece->end && row < r->rows; s = next, number++) {
        struct str line = line_at(s, piece->end, &next);
        if (next - s <= 2 && (*s == '\n' || *s == '\r'))
            continue;
        float *out = r->numbers + row * E, sum = 0;
        if (cancel_requested() || !read_line(piece, number, line, E, &r->words[row], out))
            return;
        for (size_t d = 0; d < E; d++)
            sum += out[d] * 0;
        if (sum != 0 && !piece->strange++) /* NaN */
            piece->strange_line = number;
        row++;
    }
}

/* ---- the whole ---- */

/* Words into one piece of memory, so that the file need not stay. */
static bool pack_words(struct reading *r, struct err *err)
{
    size_t n = 1;
    for (size_t i = 0; i < r->rows; i++)
        n += r->words[i].n;
    char *text = arena_alloc(r->v->arena, n, 1, "words", err);
    if (!text)
        return false;
    for (size_t i = 0; i < r->rows; i++) {
        memcpy(text, r->words[i].s, r->words[i].n);
        r->words[i].s = text;
        text += r->words[i].n;
    }
    return true;
}

static bool report(const struct reading *r, struct err *err)
{
    size_t blanks = 0, blanks_line = 0, strange = 0, strange_line = 0;
    struct vectors *v = r->v;
    for (size_t i = 0; i < r->n_pieces; i++) {
        const struct piece *piece = &r->pieces[i];
        if (piece->bad_line)
            return err_set(err, ERR_FORMAT, "%s: line %zu: %s", v->path, piece->bad_line, piece->why);
        blanks_line = blanks ? blanks_line : piece->blanks_line;
        strange_line = strange ? strange_line : piece->strange_line;
        blanks += piece->with_blanks;
        strange += piece->strange;
    }
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (blanks &&
        !vectors_remark(v, err, "%zu word%s blanks, first in line %zu", blanks, blanks == 1 ? " holds" : "s hold", blanks_line))
        return false;
    v->checked = true;
    return !strange || vectors_remark(v, err, "%zu word%s NaN or infinite numbers, first in line %zu: never an answer", strange,
                                      strange == 1 ? " has" : "s have", strange_line);
}

static bool place(struct reading *r, size_t line, size_t most, struct err *err)
{
    size_t lines = 0, last = line;
    for (size_t i = 0; i < r->n_pieces; i++) {
        struct piece *piece = &r->pieces[i];
        piece->row = lines;
        piece->first_line = last;
        lines += piece->lines;
        last += piece->lines + piece->blank;
    }
    r->v->first_line = last == line + lines ? line : 0;
    r->rows = lines < most ? lines : most;
    if (most != SIZE_MAX && lines < most)
        return err_set(err, ERR_FORMAT, "%s: line 1 promises %zu word%s, the file ends after %zu, in line %zu", r->v->path, most,
                       most == 1 ? "" : "s", lines, last - 1);
    if (most != SIZE_MAX && lines > most)
        return vectors_remark(r->v, err, "line 1 promises %zu word%s, %zu more behind %s left out", most, most == 1 ? "" : "s",
                              lines - most, lines - most == 1 ? "is" : "are");
    return true;
}

bool text_read(struct vectors *v, size_t at, size_t line, size_t most, struct err *err)
{
    struct reading r = {.v = v};
    const char *begin = (const char *)v->source->data;
    size_t numbers;
    bool ok = cut(&r, begin + at, begin + v->source->size, err);
    if (ok) {
        pool_run(r.n_pieces, count_piece, &r);
        ok = place(&r, line, most, err);
    }
    if (ok && (!size_mul(r.rows, v->E, &numbers) || numbers / 2 > v->source->size)) /* a number takes two bytes at least */
        ok = err_set(err, ERR_FORMAT, "%s: %zu words of %zu numbers cannot stand in %zu bytes", v->path, r.rows, v->E,
                     v->source->size);
    if (ok) {
        r.numbers = arena_alloc(v->arena, numbers, sizeof *r.numbers, "vectors", err);
        r.words = r.numbers ? arena_zalloc(v->arena, r.rows, sizeof *r.words, "words", err) : NULL;
        ok = r.words != NULL;
    }
    if (ok) {
        pool_run(r.n_pieces, read_piece, &r);
        ok = report(&r, err) && pack_words(&r, err);
    }
    v->V = r.rows;
    v->words = r.words;
    v->data = r.numbers;
    v->dtype = &DTYPE_F32;
    v->stride = v->E * sizeof(float);
    free(r.pieces);
    source_free(v->source);
    v->source = NULL;
    return ok;
}
