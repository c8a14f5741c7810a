/* Tokens that q= and k= mean: numbers, ranges, lists, or the token's text. See token_choice.h.
 *
 *   what := item { ',' item }      item := n | a '-' b | text | text '#' occurrence
 *
 * Numbers count from 0, negative ones from the end. Text is compared with the vocabulary's string, with what a person
 * reads (without Ġ, ## and ▁), and with whole words that were cut into pieces; where nothing is equal, once more with
 * upper and lower case alike. A text that holds commas is tried whole first. */
#include "repl/run/token_choice.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/base/text.h"

struct picked {
    size_t *token, n;
    unsigned char *seen; /* [T] */
};

static void picked_add(struct picked *picked, size_t token)
{
    if (!picked->seen[token]) {
        picked->seen[token] = 1;
        picked->token[picked->n++] = token;
    }
}

struct spelled spelled_of(const struct run *run, const struct tokens *axis, size_t text)
{
    return (struct spelled){run->model ? run->model->tokenizer : NULL, &axis->texts[text]};
}

/* A name that came without its tokenizer, without what usual tokenizers put in front of it. */
static struct str unmarked(struct str name)
{
    static const char *const marks[] = {"\u0120", "\u2581", "##"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct str mark = str_of(marks[i]);
        if (name.n > mark.n && str_starts(name, mark))
            return (struct str){name.s + mark.n, name.n - mark.n};
    }
    return name;
}

void token_label(struct spelled spelled, size_t token, struct buf *out)
{
    const struct token *t = &spelled.text->tokens[token];
    size_t before = out->n;
    if (spelled.tokenizer && t->id >= 0) /* what a family puts on an axis besides tokens has no id */
        tokenizer_display(spelled.tokenizer, t->id, out);
    else
        buf_str(out, unmarked(t->string));
    bool blank = true;
    for (size_t i = before; i < out->n && blank; i++)
        blank = out->data[i] == ' ';
    if (blank && !out->failed) {
        out->n = before;
        buf_puts(out, "\u2423");
    }
}

/* Does the token go on with the word of the one before it? */
static bool continues_word(const struct token *before, const struct token *t)
{
    return t->word >= 0 && t->word == before->word && t->text == before->text && t->text >= 0;
}

/* Equal, or with `fold` equal but for upper and lower case. */
static bool same_text(struct str a, struct str b, bool fold)
{
    if (!fold || str_eq(a, b))
        return str_eq(a, b);
    while (a.n && b.n) {
        int32_t x, y;
        size_t n = utf8_decode(a.s, a.n, &x), m = utf8_decode(b.s, b.n, &y);
        if (x < 0 || y < 0 || cp_lower_simple(x) != cp_lower_simple(y))
            return false;
        a = (struct str){a.s + n, a.n - n};
        b = (struct str){b.s + m, b.n - m};
    }
    return a.n == b.n;
}

/* How many tokens from `at` on spell `what`: as a person reads them, as the vocabulary has it, or over the pieces of
 * one word. 0: they do not. */
static size_t spells(struct spelled spelled, size_t at, struct str what, bool fold, struct buf *scratch)
{
    const struct encoding *e = spelled.text;
    if (same_text(e->tokens[at].string, what, fold))
        return 1;
    scratch->n = 0;
    for (size_t i = at; i < e->n; i++) {
        if (i > at && !continues_word(&e->tokens[i - 1], &e->tokens[i]))
            return 0;
        token_label(spelled, i, scratch);
        if (same_text(buf_view(scratch), what, fold))
            return i - at + 1;
        if (scratch->n > 2 * what.n)
            return 0;
    }
    return 0;
}

static size_t pick_spelled(struct spelled spelled, struct str what, bool fold, size_t number,
                           struct picked *picked)
{
    struct buf scratch = {0};
    size_t found = 0;
    for (size_t i = 0; what.n && i < spelled.text->n;) {
        size_t n = spells(spelled, i, what, fold, &scratch);
        if (n && (++found == number || number == 0))
            for (size_t j = 0; j < n; j++)
                picked_add(picked, i + j);
        i += n ? n : 1;
    }
    buf_free(&scratch);
    return found;
}

/* All occurrences of `what` (or the number-th, from 1); how many there are. */
static size_t pick_text(struct spelled spelled, struct str what, size_t number, struct picked *picked)
{
    size_t found = pick_spelled(spelled, what, false, number, picked);
    return found ? found : pick_spelled(spelled, what, true, number, picked);
}

static bool fail_not_there(struct spelled spelled, struct str what, struct err *err)
{
    struct buf tokens = {0};
    for (size_t i = 0; i < spelled.text->n && tokens.n < 300; i++) {
        struct buf label = {0};
        token_label(spelled, i, &label);
        buf_puts(&tokens, i ? " " : "");
        text_escape(&tokens, buf_view(&label));
        buf_free(&label);
        if (tokens.n >= 300)
            buf_puts(&tokens, " \u2026");
    }
    err_set(err, ERR_NOT_FOUND, "\"%.*s\" is not among the tokens: %s", STR_ARGS(what), buf_cstr(&tokens));
    buf_free(&tokens);
    return false;
}

/* "cat#2": the text and the number behind it. */
static bool split_occurrence(struct str item, struct str *what, size_t *number)
{
    size_t hash = item.n;
    while (hash > 0 && isdigit((unsigned char)item.s[hash - 1]))
        hash--;
    if (hash < 2 || hash == item.n || item.s[hash - 1] != '#')
        return false;
    *what = (struct str){item.s, hash - 1};
    long value = 0;
    number_whole((struct str){item.s + hash, item.n - hash}, &value);
    *number = (size_t)value;
    return value > 0;
}

static bool pick_item(struct spelled spelled, struct str item, struct picked *picked, struct err *err)
{
    size_t T = spelled.text->n, number;
    long from, to;
    struct str what;
    if (number_range(item, &from, &to)) {
        long first = from < 0 ? from + (long)T : from, last = to < 0 ? to + (long)T : to;
        if (first < 0 || last < 0 || first >= (long)T || last >= (long)T)
            return err_set(err, ERR_NOT_FOUND, "there is no token %ld: the text has tokens 0 to %zu",
                           first < 0 || first >= (long)T ? from : to, T - 1);
        if (first > last)
            return err_set(err, ERR_ARG, "the range %ld-%ld runs backwards", from, to);
        for (long i = first; i <= last; i++)
            picked_add(picked, (size_t)i);
        return true;
    }
    if (pick_text(spelled, item, 0, picked))
        return true;
    if (split_occurrence(item, &what, &number)) {
        size_t found = pick_text(spelled, what, number, picked);
        if (found >= number)
            return true;
        if (found)
            return err_set(err, ERR_NOT_FOUND, "\"%.*s\" occurs %zu time%s, there is no #%zu", STR_ARGS(what), found,
                           found == 1 ? "" : "s", number);
        return fail_not_there(spelled, what, err);
    }
    return fail_not_there(spelled, item, err);
}

static bool pick_items(struct spelled spelled, struct str what, struct picked *picked, struct err *err)
{
    long from, to;
    if (memchr(what.s, ',', what.n) && !number_range(what, &from, &to) && pick_text(spelled, what, 0, picked))
        return true;
    for (size_t at = 0; at <= what.n;) {
        const char *comma = at < what.n ? memchr(what.s + at, ',', what.n - at) : NULL;
        size_t end = comma ? (size_t)(comma - what.s) : what.n;
        if (end == at)
            return err_set(err, ERR_ARG, "\"%.*s\": a token is missing: an index, a range a-b, a list or a token's text",
                           STR_ARGS(what));
        if (!pick_item(spelled, (struct str){what.s + at, end - at}, picked, err))
            return false;
        if (!comma)
            break;
        at = end + 1;
    }
    return true;
}

bool select_tokens(struct spelled spelled, struct str what, size_t **out, size_t *n_out, struct err *err)
{
    size_t T = spelled.text->n;
    struct picked picked = {0};
    *out = NULL;
    *n_out = 0;
    picked.token = mem_new(T ? T : 1, sizeof *picked.token, "the tokens", err);
    picked.seen = mem_new(T ? T : 1, 1, "the tokens", err);
    bool ok = picked.token && picked.seen;
    if (ok && what.n == 0)
        ok = err_set(err, ERR_ARG, "no token is named: an index, a range a-b, a list or a token's text");
    ok = ok && pick_items(spelled, what, &picked, err);
    free(picked.seen);
    if (!ok) {
        free(picked.token);
        return false;
    }
    *out = picked.token;
    *n_out = picked.n;
    return true;
}
