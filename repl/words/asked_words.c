/* The words that commands are asked about. See asked_words.h. */
#include "repl/words/asked_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "repl/grammar/call.h"
#include "repl/grammar/suggest.h"

/* Only words of nearly the same length are near; the most frequent of equally near ones stays. */
bool suggest_word(const struct vectors *vectors, struct str word, struct err *err)
{
    struct suggestion near;
    size_t allowed = 1 + word.n / 4;
    suggest_begin(&near, word);
    for (size_t i = 0; i < vectors->V && near.distance > 0; i++) {
        size_t n = vectors->words[i].n, apart = n > word.n ? n - word.n : word.n - n;
        if (apart <= allowed && apart < near.distance)
            suggest_offer(&near, vectors->words[i]);
    }
    return suggest_add(&near, "", "", err);
}

static bool is_sign(const struct call_word *word, char *sign)
{
    if (word->quoted || word->text.n == 0)
        return false;
    *sign = word->text.s[0] == '+' ? '+' : word->text.s[0] == '-' ? '-' : 0;
    if (word->text.n == 3 && memcmp(word->text.s, "\xe2\x88\x92", 3) == 0) { /* − */
        *sign = '-';
        return true;
    }
    return word->text.n == 1 && *sign;
}

/* "+king", "-man": a sign that its word follows at once; where such a word is in the set it is meant. */
static bool split_sign(const struct vectors *vectors, const struct call_word *word, struct str *text, char *sign)
{
    if (word->quoted || word->text.n < 2 || (word->text.s[0] != '+' && word->text.s[0] != '-') ||
        vectors_find(vectors, word->text, false) != VECTORS_NONE)
        return false;
    *sign = word->text.s[0];
    *text = (struct str){word->text.s + 1, word->text.n - 1};
    return true;
}

static bool no_sign_before(const struct call *call, const struct call_word *word, struct err *err)
{
    err_set(err, ERR_ARG, "\"%.*s\": + or - is missing before it (king - man + woman; a word of several stands in quotes)",
            STR_ARGS(word->text));
    return call_blame(call, word, err);
}

static bool read_terms(const struct call *call, enum signs signs, struct asked *asked, const struct call_word **places,
                       struct err *err)
{
    char sign = '+', next;
    bool waiting = true; /* a word may come without a sign of its own */
    const struct call_word *last = NULL;
    for (size_t i = 0; i < call->n_words; i++) {
        const struct call_word *word = &call->words[i];
        struct str text = word->text;
        if (signs && is_sign(word, &next)) {
            if (waiting && asked->n) {
                err_set(err, ERR_ARG, "two signs and no word between them (a sign that is a word stands in quotes)");
                return call_blame(call, word, err);
            }
            sign = next;
            waiting = true;
            last = word;
            continue;
        }
        bool own = signs && split_sign(asked->vectors, word, &text, &sign);
        if (signs == SIGNS_BETWEEN && !waiting && !own)
            return no_sign_before(call, word, err);
        places[asked->n] = word;
        asked->terms[asked->n++] = (struct query_term){.word = text, .negative = sign == '-'};
        waiting = !signs;
        sign = '+';
        last = NULL;
    }
    if (!last)
        return true;
    err_set(err, ERR_ARG, "a word is missing behind the sign");
    return call_blame(call, last, err);
}

bool asked_make(struct session *session, const struct call *call, enum signs signs, struct asked *out,
                struct err *err)
{
    size_t unknown = SIZE_MAX;
    *out = (struct asked){.vectors = session_vectors(session, err)};
    if (!out->vectors)
        return false;
    const struct call_word **places = mem_new(call->n_words + 1, sizeof(struct call_word *), "a question", err);
    out->arena = arena_new(err);
    out->terms = out->arena ? arena_zalloc(out->arena, call->n_words + 1, sizeof *out->terms, "a question", err) : NULL;
    bool ok = places && out->terms && read_terms(call, signs, out, places, err) &&
              query_resolve(out->vectors, out->terms, out->n, str_is(call_str(call, "case"), "fold"), out->arena, &unknown, err);
    if (!ok && unknown < out->n) {
        if (err && err->code == ERR_NOT_FOUND)
            suggest_word(out->vectors, out->terms[unknown].word, err);
        call_blame(call, places[unknown], err);
    }
    free(places);
    if (!ok)
        asked_free(out);
    return ok;
}

void asked_free(struct asked *asked)
{
    arena_free(asked->arena);
    *asked = (struct asked){0};
}

/* ---- answers ---- */

void put_bar(struct buf *out, double share, size_t cells)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    size_t n = (size_t)(fmin(fabs(share), 1) * (double)cells * 8 + 0.5);
    for (size_t i = 0; i < n / 8; i++)
        buf_puts(out, share < 0 ? "░" : "█");
    buf_puts(out, share < 0 ? (n % 8 >= 4 ? "░" : "") : eighths[n % 8]);
}

bool give_hits(struct result *result, const struct vectors *vectors, const struct hit *hits, size_t n, struct err *err)
{
    enum { BAR = 32, WORD = 36 };                        /* columns: with the score a line of 80 */
    bool bars = result_wants_picture(result), ok = true; /* a person's table */
    double largest = 0;
    if (!result_columns(result, bars ? "word,score,bar" : "word,score", err))
        return false;
    if (!n)
        result_note(result, "%s has no other word to answer with", vectors->name);
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)hits[i].score));
    for (size_t i = 0; ok && i < n; i++) {
        struct buf bar = {0}, brief = {0};
        struct str word = vectors->words[hits[i].word];
        put_bar(&bar, largest > 0 ? (double)hits[i].score / largest : 0, BAR);
        if (bars && word.n > WORD && text_fit(&brief, word, WORD))
            word = buf_view(&brief);
        struct cell_value cells[] = {{.kind = CELL_TEXT, .text = word},
                                     {.kind = CELL_NUMBER, .number = (double)hits[i].score, .digits = 4},
                                     {.kind = CELL_TEXT, .text = buf_view(&bar)}};
        ok = buf_ok(&bar, err) && buf_ok(&brief, err) && result_row(result, cells, bars ? 3 : 2, err);
        buf_free(&bar);
        buf_free(&brief);
    }
    return ok;
}

struct figure_source vectors_source(const struct vectors *vectors, char about[VECTORS_ABOUT])
{
    snprintf(about, VECTORS_ABOUT, "%s, %zu words of %zu dimensions, %s", vectors->name, vectors->V, vectors->E, vectors->path);
    return (struct figure_source){.site = about};
}

bool give_vectors_figure(struct session *session, const struct call *call, const struct vectors *vectors,
                         struct picture *picture, struct result *result, struct err *err)
{
    char about[VECTORS_ABOUT];
    struct figure_source source = vectors_source(vectors, about);
    return give_figure(session, call, picture, &source, result, err);
}

const struct vectors_format *chosen_format(const struct call *call, struct str otherwise, struct err *err)
{
    bool given = call_given(call, "format");
    struct str name = given ? call_str(call, "format") : otherwise;
    const struct vectors_format *format = vectors_format_written(name);
    if (format)
        return format;
    if (!name.n)
        err_set(err, ERR_ARG, "which format? > FILE.bin, .txt, .vec, .npy or .safetensors, or format=glove");
    else
        err_set(err, ERR_ARG,
                "\"%.*s\": vectors are written as bin (word2vec binary), txt or vec (word2vec text), npy, safetensors or "
                "glove",
                STR_ARGS(name));
    if (given)
        call_blame_option(call, "format", err);
    else
        call_blame(call, call->output.n ? &call->output_word : NULL, err);
    return NULL;
}
