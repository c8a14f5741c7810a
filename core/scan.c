/* Texts through a model. See scan.h.
 *
 * A window of texts is encoded and sorted by length; texts that follow one another then go through a pass together, up to
 * SCAN_ROWS tokens: products see many rows of one kernel class, so that a text of ten tokens does not wait for the weights
 * alone. Up to eight threads make a pass each. Packing changes no bit of a text's numbers (core/README.md), so it is free to follow speed. */
#include "core/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/forward.h"

enum {
    SCAN_ROWS = 512, SCAN_LEAST = 128, SCAN_SIDE = 8, /* tokens of the passes side by side, at least of each; how many */
    SCAN_MAPS = 1 << 25 /* bytes of probabilities that a pass keeps: observers read them */
};

/* The next line, without its end; false behind the last. */
static bool take_line(struct scan_lines *lines, struct str *out, bool *blank_out)
{
    if (!lines->rest.n)
        return false;
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
    *blank_out = blank == out->n;
    return true;
}

bool scan_next_line(struct scan_lines *lines, struct str *out)
{
    bool blank = true;
    while (blank && take_line(lines, out, &blank))
        ;
    if (blank)
        return false;
    lines->number++;
    for (struct scan_lines ahead = *lines; lines->paragraphs; *lines = ahead) {
        struct str line;
        if (!take_line(&ahead, &line, &blank) || blank)
            break;
        out->n = (size_t)(line.s - out->s) + line.n;
    }
    return true;
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
    bool done; /* seen before the scan was interrupted */
};
struct window {
    const struct scan_options *options;
    const struct scan_observer *observers;
    size_t n_observers;
    struct scan_counts *counts;
    struct entry entries[SCAN_WINDOW];
    size_t n;
    struct scan_counts open; /* of the open window: all but the texts */
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
    if (x->done != y->done)
        return x->done ? -1 : 1;
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

/* ---- how far it has come ---- */

static void add_counts(struct scan_counts *to, const struct scan_counts *from)
{
    to->texts += from->texts;
    to->skipped += from->skipped;
    to->cut += from->cut;
    if (from->bad && (!to->bad || from->bad_line < to->bad_line))
        to->bad_line = from->bad_line;
    to->bad += from->bad;
}

static void count_bad(struct window *w, size_t line)
{
    add_counts(&w->open, &(struct scan_counts){.bad = 1, .bad_line = line});
    progress(w);
}

static bool rest(struct window *w, struct err *err)
{
    struct scan_place *place = w->options->place;
    bool ok = true;
    if (!place)
        return true;
    place->counts = *w->counts;
    for (size_t o = 0; ok && o < w->n_observers; o++)
        ok = !w->observers[o].rest || w->observers[o].rest(w->observers[o].context, place, err);
    return ok;
}

/* The window is done: the next begins where the lines stand. */
static bool next_window(struct window *w, const struct scan_lines *lines, struct err *err)
{
    struct scan_place *place = w->options->place;
    add_counts(w->counts, &w->open);
    w->open = (struct scan_counts){0};
    if (place) {
        place->offset = (size_t)(lines->rest.s - w->options->lines.s);
        place->number = lines->number;
        place->line = lines->line;
        place->n_done = 0;
    }
    return rest(w, err);
}

static bool was_done(const struct scan_place *place, size_t number)
{
    for (size_t i = 0; place && i < place->n_done; i++)
        if (place->done[i] == number)
            return true;
    return false;
}

/* ---- a pass ---- */

/* Texts that go through the model together, and what observers made of them. */
struct pass {
    size_t at, n; /* entries */
    struct run *run;
    struct scan_text texts[SCAN_WINDOW];
    void *made[SCAN_OBSERVERS]; /* by those that look */
    struct err why;             /* there is no run */
    struct err blind;           /* one of those that look could not */
};

/* Run the entries, whose encodings are taken, and let observers look, on the calling thread. */
static void make_pass(struct window *w, size_t at, size_t n, struct pass *pass)
{
    struct encoding encodings[SCAN_WINDOW];
    *pass = (struct pass){.at = at, .n = n};
    for (size_t i = 0; i < n; i++) {
        encodings[i] = w->entries[at + i].encoding;
        w->entries[at + i].encoding = (struct encoding){0};
    }
    pass->run = run_new(w->options->model, &(struct run_inputs){.texts = encodings, .n_texts = n, .maps = SCAN_MAPS}, NULL, &pass->why);
    for (size_t i = 0; pass->run && i < n; i++)
        pass->texts[i] =
            (struct scan_text){pass->run, i, w->entries[at + i].number, w->entries[at + i].line, &pass->run->tokens->texts[i]};
    for (size_t o = 0; pass->run && pass->blind.code == ERR_NONE && o < w->n_observers; o++)
        if (w->observers[o].look)
            pass->made[o] = w->observers[o].look(w->observers[o].context, pass->texts, n, &pass->blind);
}

static void drop_pass(struct window *w, struct pass *pass)
{
    for (size_t o = 0; o < w->n_observers; o++)
        if (pass->made[o])
            w->observers[o].drop(pass->made[o]);
    run_free(pass->run);
}

/* Every observer sees the texts of a run; those that are seen are done. */
static bool observe(struct window *w, const struct pass *pass, struct err *err)
{
    struct scan_place *place = w->options->place;
    bool ok = true;
    if (pass->blind.code != ERR_NONE) {
        if (err)
            *err = pass->blind;
        return false;
    }
    for (size_t o = 0; ok && o < w->n_observers; o++)
        ok = !w->observers[o].look || w->observers[o].take(w->observers[o].context, pass->made[o], err);
    for (size_t i = 0; ok && i < pass->n; i++) {
        if (cancel_requested() && !place) /* with a place the pass is done as a whole */
            ok = err_set(err, ERR_CANCELLED, "cancelled");
        for (size_t o = 0; ok && o < w->n_observers; o++)
            ok = !w->observers[o].see || w->observers[o].see(w->observers[o].context, &pass->texts[i], err);
        if (!ok)
            break;
        w->counts->texts++;
        if (place)
            place->done[place->n_done++] = pass->texts[i].number;
        progress(w);
    }
    return ok && rest(w, err);
}

static bool show_pass(struct window *w, struct pass *pass, struct err *err);

/* The texts of a failed pass one by one; their encodings went with it. */
static bool show_each(struct window *w, size_t at, size_t n, struct err *err)
{
    if (n == 1) {
        count_bad(w, w->entries[at].line);
        return true;
    }
    struct pass *pass = mem_new(1, sizeof *pass, "passes of texts", err);
    bool ok = pass != NULL;
    for (size_t i = at; ok && i < at + n; i++) {
        bool was_cut;
        ok = scan_encode(w->options, w->entries[i].text, &w->entries[i].encoding, &was_cut, err);
        if (!ok)
            break;
        make_pass(w, i, 1, pass);
        ok = show_pass(w, pass, err);
    }
    free(pass);
    return ok;
}

/* What a pass gave is seen, or why it gave nothing is told; it is dropped. */
static bool show_pass(struct window *w, struct pass *pass, struct err *err)
{
    struct err *why = &pass->why;
    bool ok = pass->run && observe(w, pass, err);
    bool ran = pass->run != NULL, ours = why->code != ERR_CANCELLED && why->code != ERR_MEMORY;
    drop_pass(w, pass);
    if (ran)
        return ok;
    if (ours && w->options->pass_over)
        return show_each(w, pass->at, pass->n, err);
    if (ours)
        blame_entry(w, pass->at, pass->n, why);
    if (err)
        *err = *why;
    return false;
}

/* ---- passes side by side ---- */

/* A thread a pass: threads that share a pass wait for one another at each of its products, and few of these are large. Many threads
 * share one all the same: so many passes would hold too much. */
struct wave {
    struct window *window;
    size_t n;
    struct pass passes[SCAN_SIDE];
};

static void run_pass(void *context, size_t i, size_t thread)
{
    struct wave *wave = context;
    (void)thread;
    make_pass(wave->window, wave->passes[i].at, wave->passes[i].n, &wave->passes[i]);
}

static bool show_wave(struct wave *wave, struct err *err)
{
    bool ok = true;
    if (wave->n == 1)
        run_pass(wave, 0, 0); /* all threads are its own */
    else
        pool_run(wave->n, run_pass, wave);
    for (size_t i = 0; i < wave->n; i++)
        if (ok)
            ok = show_pass(wave->window, &wave->passes[i], err);
        else
            drop_pass(wave->window, &wave->passes[i]);
    wave->n = 0;
    return ok;
}

static bool flush(struct window *w, struct err *err)
{
    bool ok = true;
    size_t at = 0, threads = pool_threads(), side = threads <= SCAN_SIDE ? threads : 1;
    size_t most = SCAN_ROWS / side > SCAN_LEAST ? SCAN_ROWS / side : SCAN_LEAST, all = 0, before = 0;
    struct wave *wave = mem_new(1, sizeof *wave, "passes of texts", err);
    if (!wave)
        return false;
    wave->window = w;
    qsort(w->entries, w->n, sizeof *w->entries, by_length);
    while (at < w->n && w->entries[at].done)
        at++;
    for (size_t i = at; i < w->n; i++)
        all += w->entries[i].encoding.n;
    /* passes of like size, as many as fill every wave */
    size_t passes = ((all + most - 1) / most + side - 1) / side * side;
    for (size_t n, pass = 1; ok && at < w->n; at += n, pass++) {
        size_t rows = w->entries[at].encoding.n;
        for (n = 1; at + n < w->n && before + rows + w->entries[at + n].encoding.n / 2 < all * pass / passes; n++)
            rows += w->entries[at + n].encoding.n;
        before += rows;
        wave->passes[wave->n].at = at;
        wave->passes[wave->n++].n = n;
        if (wave->n == side || at + n == w->n)
            ok = cancel_requested() ? err_set(err, ERR_CANCELLED, "cancelled") : show_wave(wave, err);
    }
    free(wave);
    for (size_t i = 0; i < w->n; i++)
        encoding_free(&w->entries[i].encoding);
    w->n = 0;
    return ok;
}

static bool take(struct window *w, const struct scan_lines *lines, struct str text, struct err *err)
{
    const struct scan_options *o = w->options;
    struct entry *entry = &w->entries[w->n];
    struct err own = {0};
    bool was_cut;
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (!scan_encode(o, text, &entry->encoding, &was_cut, &own)) {
        if (o->pass_over && own.code != ERR_CANCELLED && own.code != ERR_MEMORY) {
            count_bad(w, lines->line);
            return true;
        }
        if (err)
            *err = own;
        return blame(o, lines->line, err);
    }
    entry->text = text;
    entry->number = lines->number;
    entry->line = lines->line;
    entry->done = was_done(o->place, lines->number);
    if (entry->encoding.n < o->shortest || entry->encoding.n == 0) {
        encoding_free(&entry->encoding);
        entry->encoding = (struct encoding){0};
        w->open.skipped++;
        progress(w);
        return true;
    }
    w->open.cut += was_cut;
    w->n++;
    if (entry->done)
        progress(w);
    return true;
}

/* Where the scan begins: at the first line, or at its place. */
static struct scan_lines first_line(const struct scan_options *o)
{
    struct scan_lines lines = {.rest = o->lines, .paragraphs = o->paragraphs};
    if (o->place) {
        lines.rest = (struct str){o->lines.s + o->place->offset, o->lines.n - o->place->offset};
        lines.number = o->place->number;
        lines.line = o->place->line;
    }
    return lines;
}

bool scan(const struct scan_options *options, const struct scan_observer *observers, size_t n_observers,
          struct scan_counts *out, struct err *err)
{
    struct scan_lines lines = first_line(options);
    struct str text;
    bool ok = true;
    *out = options->place ? options->place->counts : (struct scan_counts){0};
    assert(n_observers <= SCAN_OBSERVERS);
    struct window *w = mem_new(1, sizeof *w, "a window of texts", err);
    if (!w)
        return false;
    if (!model_prepare(options->model, err)) { /* before passes run side by side */
        free(w);
        return false;
    }
    *w = (struct window){.options = options, .observers = observers, .n_observers = n_observers, .counts = out,
                         .all = options->progress_all};
    while (!options->progress_all && scan_next_line(&lines, &text))
        w->all += is_wanted(options, lines.number);
    lines = first_line(options);
    while (ok && scan_next_line(&lines, &text)) {
        if (!is_wanted(options, lines.number))
            continue;
        ok = take(w, &lines, text, err) && (w->n < SCAN_WINDOW || (flush(w, err) && next_window(w, &lines, err)));
    }
    ok = ok && flush(w, err) && next_window(w, &lines, err);
    for (size_t i = 0; i < w->n; i++)
        encoding_free(&w->entries[i].encoding);
    free(w);
    return ok;
}

/* ---- before a scan ---- */

struct run *scan_first(const struct scan_options *o, struct err *err)
{
    struct scan_lines lines = {.rest = o->lines, .paragraphs = o->paragraphs};
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
    if (o->shortest < 2)
        err_set(err, ERR_NOT_FOUND, "%s holds no text", o->name);
    else
        err_set(err, ERR_NOT_FOUND, "%s: no line of at least %zu tokens", o->name, o->shortest);
    return NULL;
}

bool scan_lengths(const struct scan_options *options, size_t **lengths_out, size_t *n_out, struct err *err)
{
    struct scan_options uncut = *options;
    struct scan_lines lines = {.rest = options->lines, .paragraphs = options->paragraphs};
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
