/* Axes of a shown map: tokens or words that q=, k=, from=, to=, special= and words= leave. See axis.h. */
#include "repl/map/axis.h"

#include <stdlib.h>
#include <string.h>

/* An axis in the making. */
struct making {
    const struct map_request *request;
    const struct axis_request *wanted;
    const char *tokens_option, *segment_option; /* "q", "from" */
    struct spelled tokens;
    struct arena *arena;
};

/* Group t = the piece that token t stands in. Without words= each token is its own. */
static bool make_pieces(const struct making *making, struct piece *pieces, size_t *n_out, struct err *err)
{
    const struct encoding *e = making->tokens.text;
    bool any_word = false, words = making->request->words;
    size_t n = 0;
    for (size_t t = 0; t < e->n; t++) {
        const struct token *now = &e->tokens[t];
        any_word |= now->word >= 0;
        if (words && t && now->word >= 0 && now->text >= 0 && now->word == now[-1].word && now->text == now[-1].text)
            pieces[n - 1].n++;
        else
            pieces[n++] = (struct piece){t, 1};
    }
    *n_out = n;
    if (words && !any_word) {
        err_set(err, ERR_ARG, "words=on needs the words of a text; this run was made from ids");
        return map_request_blame(making->request, "words", err);
    }
    return true;
}

/* wanted[t] = 1 + the place in the order asked for; all where the option was not given. */
static bool wanted_tokens(const struct making *making, size_t *wanted, struct err *err)
{
    size_t T = making->tokens.text->n, *tokens, n;
    if (!making->wanted->tokens.s) {
        for (size_t t = 0; t < T; t++)
            wanted[t] = t + 1;
        return true;
    }
    if (!select_tokens(making->tokens, making->wanted->tokens, &tokens, &n, err)) {
        err_prefix(err, "%s=: ", making->tokens_option);
        return map_request_blame(making->request, making->tokens_option, err);
    }
    memset(wanted, 0, T * sizeof *wanted);
    for (size_t i = 0; i < n; i++)
        wanted[tokens[i]] = i + 1;
    free(tokens);
    return true;
}

/* from=A: only tokens of that segment stay. */
static bool keep_segment(const struct making *making, size_t *wanted, struct err *err)
{
    const struct encoding *e = making->tokens.text;
    char segment = making->wanted->segment;
    int32_t number = segment == 'B';
    bool any = !segment;
    for (size_t t = 0; segment && t < e->n; t++) {
        any |= e->tokens[t].text == number;
        if (e->tokens[t].text != number)
            wanted[t] = 0;
    }
    if (any)
        return true;
    err_set(err, ERR_ARG, "%s=%c: the text has no tokens of segment %c%s", making->segment_option, segment, segment,
            number ? "; a pair is run as: run \"first\" \"second\"" : "");
    return map_request_blame(making->request, making->segment_option, err);
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
static void add_piece(const struct making *making, size_t token, bool joined, struct buf *label)
{
    size_t before = label->n;
    token_label(making->tokens, token, label);
    if (joined && str_is((struct str){label->data + before, label->n - before}, BLANK))
        label->n = before;
}

static bool label_pieces(const struct making *making, struct axis *axis, struct err *err)
{
    for (size_t i = 0; i < axis->n; i++) {
        struct buf label = {0};
        for (size_t p = 0; p < axis->at[i].n; p++)
            add_piece(making, axis->at[i].first + p, axis->at[i].n > 1, &label);
        if (label.n == 0)
            buf_puts(&label, BLANK);
        bool ok = buf_ok(&label, err) && arena_str(making->arena, buf_view(&label), &axis->labels[i], err);
        buf_free(&label);
        if (!ok)
            return false;
        axis->tokens[i] = axis->at[i].first;
    }
    return true;
}

/* The pieces that hold a wanted token, in the order asked for. */
static bool choose(const struct making *making, struct axis *out, struct err *err)
{
    size_t T = making->tokens.text->n, n;
    size_t *wanted = arena_zalloc(making->arena, T, sizeof *wanted, "the tokens", err);
    struct ranked *ranked = arena_zalloc(making->arena, T, sizeof *ranked, "the tokens", err);
    if (!wanted || !ranked || !make_pieces(making, out->at, &n, err) || !wanted_tokens(making, wanted, err) ||
        !keep_segment(making, wanted, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t rank = 0;
        for (size_t t = out->at[i].first; t < out->at[i].first + out->at[i].n; t++)
            if (wanted[t] && !out->left_out[t] && (!rank || wanted[t] < rank))
                rank = wanted[t];
        if (rank)
            ranked[out->n++] = (struct ranked){rank, out->at[i]};
    }
    if (out->n == 0)
        return err_set(err, ERR_ARG, "no %s is left to show: of the %zu tokens %s=, %s= and special= leave none",
                       making->tokens_option[0] == 'q' ? "query" : "key", T, making->tokens_option, making->segment_option);
    qsort(ranked, out->n, sizeof *ranked, by_rank);
    for (size_t i = 0; i < out->n; i++)
        out->at[i] = ranked[i].piece;
    return true;
}

bool axis_make(const struct map_request *request, enum side side, struct spelled tokens, struct arena *arena,
               struct axis *out, struct err *err)
{
    const struct making making = side == SIDE_QUERIES
                                     ? (struct making){request, &request->rows, "q", "from", tokens, arena}
                                     : (struct making){request, &request->cols, "k", "to", tokens, arena};
    size_t T = tokens.text->n;
    *out = (struct axis){.at = arena_zalloc(arena, T, sizeof *out->at, "the tokens", err),
                         .left_out = arena_zalloc(arena, T, 1, "the tokens", err)};
    if (!out->at || !out->left_out)
        return false;
    for (size_t t = 0; t < T; t++)
        out->left_out[t] = request->special != SPECIAL_ON && tokens.text->tokens[t].special_id;
    if (!choose(&making, out, err))
        return false;
    out->tokens = arena_alloc(arena, out->n, sizeof *out->tokens, "the tokens", err);
    out->labels = arena_alloc(arena, out->n, sizeof *out->labels, "the tokens", err);
    return out->tokens && out->labels && label_pieces(&making, out, err);
}

bool axis_is_whole(const struct axis *axis, size_t T)
{
    for (size_t i = 0; axis->n == T && i < T; i++)
        if (axis->at[i].first != i || axis->at[i].n != 1)
            return false;
    return axis->n == T;
}
