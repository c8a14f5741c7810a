/* Texts through a model. See scan.h.
 *
 * A window of texts is encoded and sorted by length; texts that follow one another then go through a pass together, up to
 * SCAN_ROWS tokens: products see many rows of one kernel class, so that a text of ten tokens does not wait for the weights
 * alone. Packing changes no bit of a text's numbers (core/README.md), so it is free to follow speed. */
#include "core/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/forward.h"

enum { SCAN_WINDOW = 128, SCAN_ROWS = 512 };

bool scan_next_line(struct scan_lines *lines, struct str *out)
{
    while (lines->rest.n) {
        const char *end = memchr(lines->rest.s, '\n', lines->rest.n);
        size_t n = end ? (size_t)(end - lines->rest.s) : lines->rest.n, blank = 0;
        *out = (struct str){lines->rest.s, n};
        lines->rest.s += n + (end != NULL);
        lines->rest.n -= n + (end != NULL);
        lines->line++;
        if (out->n && out->s[out->n - 1] == '\r')
            out->n--;
        while (blank < out->n && (out->s[blank] == ' ' || out->s[blank] == '\t'))
            blank++;
        if (blank < out->n) {
            lines->number++;
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct scan_options *options, size_t number)
{
    bool all = options->half == SCAN_ALL;
    size_t before = all ? number - 1 : (number - 1) / 2; /* of the half */
    return (all || number % 2 == (options->half == SCAN_ODD)) && (options->every < 2 || before % options->every == 0);
}

/* ---- one text ---- */

/* Leave out the last tokens of the text itself until `length` are there. True where some were left out. */
static bool cut(struct encoding *encoding, size_t length)
{
    if (!length || encoding->n <= length)
        return false;
    size_t drop = encoding->n - length, n = encoding->n;
    for (size_t i = encoding->n; i-- > 0 && drop;)
        if (!encoding->tokens[i].special) {
            memmove(&encoding->tokens[i], &encoding->tokens[i + 1], (n - i - 1) * sizeof *encoding->tokens);
            n--;
            drop--;
        }
    encoding->n = n;
    return true;
}

bool scan_encode(const struct scan_options *o, struct str text, struct encoding *out, bool *cut_out, struct err *err)
{
    const struct tokenizer *tokenizer = o->model->tokenizer;
    *out = (struct encoding){0};
    *cut_out = false;
    if (!tokenizer_encode(tokenizer, text, NULL, o->no_special ? TOKENIZE_NO_SPECIAL : 0, out, err))
        return false;
    if (o->front >= 0 && !encoding_put(tokenizer, o->front, 0, out, err)) {
        encoding_free(out);
        return false;
    }
    *cut_out = cut(out, o->length);
    return true;
}

static bool blame(const struct scan_options *o, size_t line, struct err *err)
{
    return err && (err->code == ERR_CANCELLED || err->code == ERR_MEMORY) ? false : err_prefix(err, "%s:%zu: ", o->name, line);
}

/* ---- a window of texts ---- */

struct entry {
    struct encoding encoding;
    struct str text; /* of the lines */
    size_t number, line;
};
struct window {
    const struct scan_options *options;
    const struct scan_observer *observers;
    size_t n_observers;
    struct scan_counts *counts;
    struct entry entries[SCAN_WINDOW];
    size_t n;
    size_t done, all; /* texts, for progress */
};

static void progress(struct window *w)
{
    const struct watch *watch = w->options->watch;
    w->done++;
    if (watch && watch->progress)
        watch->progress(watch->context, w->options->progress_before + w->done, w->all);
}

static int by_length(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->encoding.n != y->encoding.n)
        return x->encoding.n < y->encoding.n ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The entry of a failed pass that does not run alone either, and why. */
static void blame_entry(const struct window *w, size_t at, size_t n, struct err *err)
{
    const struct scan_options *o = w->options;
    for (size_t i = at; n > 1 && i < at + n; i++) {
        struct encoding encoding;
        struct err own = {0};
        bool was_cut;
        if (!scan_encode(o, w->entries[i].text, &encoding, &was_cut, &own))
            continue;
        struct run *run = run_one(o->model, &encoding, NULL, &own);
        run_free(run);
        if (run)
            continue;
        *err = own;
        at = i;
        break;
    }
    blame(o, w->entries[at].line, err);
}

/* One pass over `n` entries from `at` on; the encodings are taken. */
static struct run *run_entries(struct window *w, size_t at, size_t n, struct err *err)
{
    struct encoding texts[SCAN_WINDOW];
    for (size_t i = 0; i < n; i++) {
        texts[i] = w->entries[at + i].encoding;
        w->entries[at + i].encoding = (struct encoding){0};
    }
    struct run_inputs inputs = {.texts = texts, .n_texts = n};
    struct run *run = run_new(w->options->model, &inputs, NULL, err);
    if (!run && err && err->code != ERR_CANCELLED && err->code != ERR_MEMORY)
        blame_entry(w, at, n, err);
    return run;
}

static bool show(struct window *w, size_t at, size_t n, struct err *err)
{
    struct run *run = run_entries(w, at, n, err);
    bool ok = run != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        struct scan_text text = {run, i, w->entries[at + i].number, w->entries[at + i].line, &run->tokens->texts[i]};
        if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
        for (size_t o = 0; ok && o < w->n_observers; o++)
            ok = w->observers[o].see(w->observers[o].context, &text, err);
        if (ok) {
            w->counts->texts++;
            progress(w);
        }
    }
    run_free(run);
    return ok;
}

static bool flush(struct window *w, struct err *err)
{
    bool ok = true;
    qsort(w->entries, w->n, sizeof *w->entries, by_length);
    for (size_t at = 0, n; ok && at < w->n; at += n) {
        size_t rows = w->entries[at].encoding.n;
        for (n = 1; at + n < w->n && rows + w->entries[at + n].encoding.n <= SCAN_ROWS; n++)
            rows += w->entries[at + n].encoding.n;
        ok = cancel_requested() ? err_set(err, ERR_CANCELLED, "cancelled") : show(w, at, n, err);
    }
    for (size_t i = 0; i < w->n; i++)
        encoding_free(&w->entries[i].encoding);
    w->n = 0;
    return ok;
}

static bool take(struct window *w, const struct scan_lines *lines, struct str text, struct err *err)
{
    const struct scan_options *o = w->options;
    struct entry *entry = &w->entries[w->n];
    bool was_cut;
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (!scan_encode(o, text, &entry->encoding, &was_cut, err))
        return blame(o, lines->line, err);
    entry->text = text;
    entry->number = lines->number;
    entry->line = lines->line;
    if (entry->encoding.n < o->shortest || entry->encoding.n == 0) {
        encoding_free(&entry->encoding);
        entry->encoding = (struct encoding){0};
        w->counts->skipped++;
        progress(w);
        return true;
    }
    w->counts->cut += was_cut;
    w->n++;
    return true;
}

bool scan(const struct scan_options *options, const struct scan_observer *observers, size_t n_observers,
          struct scan_counts *out, struct err *err)
{
    struct scan_lines lines = {.rest = options->lines};
    struct str text;
    bool ok = true;
    *out = (struct scan_counts){0};
    struct window *w = mem_new(1, sizeof *w, "a window of texts", err);
    if (!w)
        return false;
    *w = (struct window){.options = options, .observers = observers, .n_observers = n_observers, .counts = out,
                         .all = options->progress_all};
    while (!options->progress_all && scan_next_line(&lines, &text))
        w->all += is_wanted(options, lines.number);
    lines = (struct scan_lines){.rest = options->lines};
    while (ok && scan_next_line(&lines, &text)) {
        if (!is_wanted(options, lines.number))
            continue;
        ok = take(w, &lines, text, err) && (w->n < SCAN_WINDOW || flush(w, err));
    }
    ok = ok && flush(w, err);
    for (size_t i = 0; i < w->n; i++)
        encoding_free(&w->entries[i].encoding);
    free(w);
    return ok;
}

/* ---- before a scan ---- */

struct run *scan_first(const struct scan_options *o, struct err *err)
{
    struct scan_lines lines = {.rest = o->lines};
    struct str text;
    while (scan_next_line(&lines, &text)) {
        struct encoding encoding;
        bool was_cut;
        if (!scan_encode(o, text, &encoding, &was_cut, err)) {
            blame(o, lines.line, err);
            return NULL;
        }
        if (encoding.n == 0 || encoding.n < o->shortest) {
            encoding_free(&encoding);
            continue;
        }
        struct run *run = run_one(o->model, &encoding, NULL, err);
        if (!run)
            blame(o, lines.line, err);
        return run;
    }
    err_set(err, ERR_NOT_FOUND, "%s: no line of at least %zu tokens", o->name, o->shortest);
    return NULL;
}

bool scan_lengths(const struct scan_options *options, size_t **lengths_out, size_t *n_out, struct err *err)
{
    struct scan_options uncut = *options;
    struct scan_lines lines = {.rest = options->lines};
    struct str text;
    void *lengths = NULL;
    size_t n = 0, capacity = 0;
    uncut.length = 0;
    while (scan_next_line(&lines, &text)) {
        struct encoding encoding;
        bool was_cut, ok = !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
        if (!ok || !scan_encode(&uncut, text, &encoding, &was_cut, err)) {
            free(lengths);
            return ok ? blame(options, lines.line, err) : false;
        }
        bool grown = mem_grow(&lengths, &capacity, n + 1, sizeof(size_t), "lengths of texts", err);
        if (grown)
            ((size_t *)lengths)[n++] = encoding.n;
        encoding_free(&encoding);
        if (!grown) {
            free(lengths);
            return false;
        }
    }
    *lengths_out = lengths;
    *n_out = n;
    return true;
}
