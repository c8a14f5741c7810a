/* Axes of a shown map: tokens or words that q=, k=, from=, to=, special= and words= leave. See axis.h. */
#include "repl/map/axis.h"

#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/run/token_choice.h"

/* Group t = the piece that token t stands in. Without words= each token is its own. */
static bool make_pieces(const struct axis_request *request, struct piece *pieces, size_t *n_out, struct err *err)
{
    const struct encoding *e = &request->run->tokens->texts[request->text];
    bool any_word = false;
    size_t n = 0;
    for (size_t t = 0; t < e->n; t++) {
        const struct token *now = &e->tokens[t];
        any_word |= now->word >= 0;
        if (request->words && t && now->word >= 0 && now->text >= 0 && now->word == now[-1].word && now->text == now[-1].text)
            pieces[n - 1].n++;
        else
            pieces[n++] = (struct piece){t, 1};
    }
    *n_out = n;
    if (request->words && !any_word) {
        err_set(err, ERR_ARG, "words=on needs the words of a text; this run was made from ids");
        return call_blame_option(request->call, "words", err);
    }
    return true;
}

/* wanted[t] = 1 + the place in the order asked for; all where the option was not given. */
static bool wanted_tokens(const struct axis_request *request, const char *option, size_t *wanted, bool *chosen, struct err *err)
{
    size_t T = request->run->tokens->texts[request->text].n, *tokens, n;
    struct str what = call_option(request->call, option);
    *chosen = what.s != NULL;
    if (!*chosen) {
        for (size_t t = 0; t < T; t++)
            wanted[t] = t + 1;
        return true;
    }
    if (!select_tokens(request->run, request->text, what, &tokens, &n, err)) {
        err_prefix(err, "%s=: ", option);
        return call_blame_option(request->call, option, err);
    }
    memset(wanted, 0, T * sizeof *wanted);
    for (size_t i = 0; i < n; i++)
        wanted[tokens[i]] = i + 1;
    free(tokens);
    return true;
}

/* from=A: only tokens of that segment stay. */
static bool keep_segment(const struct axis_request *request, const char *option, size_t *wanted, struct err *err)
{
    const struct encoding *e = &request->run->tokens->texts[request->text];
    struct str segment = call_option(request->call, option);
    bool any = false;
    if (!segment.s)
        return true;
    int32_t number = str_is(segment, "B") ? 1 : 0;
    for (size_t t = 0; t < e->n; t++) {
        any |= e->tokens[t].text == number;
        if (e->tokens[t].text != number)
            wanted[t] = 0;
    }
    if (!any) {
        err_set(err, ERR_ARG, "%s=%.*s: the text has no tokens of segment %c%s", option, STR_ARGS(segment), number ? 'B' : 'A',
                number ? "; a pair is run as: run \"first\" \"second\"" : "");
        return call_blame_option(request->call, option, err);
    }
    return true;
}

struct ranked {
    size_t rank;
    struct piece piece;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

#define BLANK "\u2423" /* what token_label calls a token without text */

/* A piece of a word: one that is nothing but the mark of a word's beginning adds no blank to the others. */
static void add_piece(const struct axis_request *request, size_t token, bool joined, struct buf *label)
{
    size_t before = label->n;
    token_label(request->run, request->text, token, label);
    if (joined && str_is((struct str){label->data + before, label->n - before}, BLANK))
        label->n = before;
}

static bool label_pieces(const struct axis_request *request, struct axis *axis, struct err *err)
{
    for (size_t i = 0; i < axis->n; i++) {
        struct buf label = {0};
        for (size_t p = 0; p < axis->at[i].n; p++)
            add_piece(request, axis->at[i].first + p, axis->at[i].n > 1, &label);
        if (label.n == 0)
            buf_puts(&label, BLANK);
        bool ok = buf_ok(&label, err) && arena_str(request->arena, buf_view(&label), &axis->labels[i], err);
        buf_free(&label);
        if (!ok)
            return false;
        axis->tokens[i] = axis->at[i].first;
    }
    return true;
}

static bool fail_empty(const struct axis_request *request, const char *tokens, struct err *err)
{
    bool rows = tokens[0] == 'q';
    return err_set(err, ERR_ARG, "no %s is left to show: of the %zu tokens %s=, %s= and special= leave none", rows ? "query" : "key",
                   request->run->tokens->texts[request->text].n, tokens, rows ? "from" : "to");
}

bool axis_make(const struct axis_request *request, const char *tokens, const char *segment, struct axis *out, struct err *err)
{
    size_t T = request->run->tokens->texts[request->text].n, n, room = T ? T : 1;
    struct arena *arena = request->arena;
    size_t *wanted = arena_zalloc(arena, room, sizeof *wanted, "the tokens", err);
    struct piece *pieces = arena_zalloc(arena, room, sizeof *pieces, "the tokens", err);
    struct ranked *ranked = arena_zalloc(arena, room, sizeof *ranked, "the tokens", err);
    bool chosen;
    *out = (struct axis){0};
    if (!wanted || !pieces || !ranked || !make_pieces(request, pieces, &n, err) ||
        !wanted_tokens(request, tokens, wanted, &chosen, err) || !keep_segment(request, segment, wanted, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t rank = 0;
        for (size_t t = pieces[i].first; t < pieces[i].first + pieces[i].n; t++)
            if (wanted[t] && !request->left_out[t] && (!rank || wanted[t] < rank))
                rank = wanted[t];
        if (rank)
            ranked[out->n++] = (struct ranked){rank, pieces[i]};
    }
    if (out->n == 0)
        return fail_empty(request, tokens, err);
    if (chosen)
        qsort(ranked, out->n, sizeof *ranked, by_rank);
    out->at = pieces;
    for (size_t i = 0; i < out->n; i++)
        pieces[i] = ranked[i].piece;
    out->tokens = arena_alloc(arena, out->n, sizeof *out->tokens, "the tokens", err);
    out->labels = arena_alloc(arena, out->n, sizeof *out->labels, "the tokens", err);
    return out->tokens && out->labels && label_pieces(request, out, err);
}
