/* shift: the same text with and without a space or token in front, or under other position ids: what moves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/forward.h"
#include "core/measure/column_texts.h"
#include "core/measure/divergence.h"
#include "core/measure/moved.h"
#include "core/measure/positions.h"
#include "core/op/log_sum.h"
#include "repl/grammar/call.h"
#include "repl/map/align.h"
#include "repl/map/change.h"
#include "repl/map/shift_picture.h"
#include "repl/result/figure.h"
#include "repl/run/given_text.h"
#include "repl/run/token_choice.h"

enum { MOST_MAPS = 8 };

/* Two runs and which of their tokens correspond. */
struct shift {
    struct model *model;
    struct map_list list;
    struct shown_map maps[2]; /* of the first head: their rows are the tokens */
    struct pairs pairs;
    size_t changed[2];        /* tokens without a counterpart */
    size_t kept, moved;       /* counterparts at the same index, at another */
    bool other_positions;
};

static const struct run *run_of(const struct shift *s, size_t i)
{
    return s->list.runs[i]->run;
}

static const struct encoding *text_of(const struct shift *s, size_t i)
{
    return &run_of(s, i)->tokens->texts[0];
}

/* ---- the two runs ---- */

/* The text with a space in front, or without the one it has. */
static bool other_space(struct str text, struct buf *out, struct err *err)
{
    if (text.n && text.s[0] == ' ')
        buf_add(out, text.s + 1, text.n - 1);
    else
        buf_printf(out, " %.*s", (int)text.n, text.s);
    return buf_ok(out, err);
}

/* A token in front of the text's own, behind those that the tokenizer put there. */
static bool put_front(const struct tokenizer *tokenizer, int32_t id, struct encoding *text, struct err *err)
{
    size_t at = 0;
    while (at < text->n && text->tokens[at].text < 0)
        at++;
    return encoding_put(tokenizer, id, at, text, err);
}

/* Run a text and keep it. Returns its number, 0 on failure. */
static size_t keep(struct session *session, struct model *model, struct str text, const struct call *call, bool second, struct err *err)
{
    struct encoding encoding;
    struct position_rule rule = {0};
    int32_t front;
    bool absolute, ok = tokenizer_encode(model->tokenizer, text, NULL, 0, &encoding, err);
    if (ok && second && call_given(call, "front") &&
        (!column_texts_token(model->tokenizer, call_str(call, "front"), &front, err) || !put_front(model->tokenizer, front, &encoding, err))) {
        call_blame_option(call, "front", err);
        encoding_free(&encoding);
        return 0;
    }
    if (ok && second && call_given(call, "positions")) {
        ok = position_rule_parse(call_str(call, "positions"), &rule, err) && model_has_positions(model, &absolute, err) &&
             (absolute || err_set(err, ERR_ARG, "no position ids reach the embeddings of %s: there are none to choose", model->name));
        if (!ok) {
            call_blame_option(call, "positions", err);
            encoding_free(&encoding);
        }
    }
    struct run_inputs inputs = {.texts = &encoding, .n_texts = 1, .positions = rule.kind ? &rule : NULL};
    struct run *run = ok ? run_new(model, &inputs, NULL, err) : NULL;
    position_rule_free(&rule);
    struct kept_run *kept = run ? session_add_run(session, run, (struct str){0}, &text, NULL, err) : NULL;
    return kept ? kept->number : 0;
}

static struct kept_run *by_number(struct session *session, size_t number)
{
    for (size_t i = 0; i < session->n_runs; i++)
        if (session->runs[i].number == number)
            return &session->runs[i];
    return NULL;
}

static bool make_runs(struct shift *s, struct session *session, const struct call *call, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_TEXT, 0);
    bool same = call_given(call, "front") || call_given(call, "positions");
    struct buf other = {0};
    session->keep++; /* the second does not push the first out */
    bool ok = same || other_space(word->text, &other, err);
    size_t first = ok ? keep(session, s->model, word->text, call, false, err) : 0;
    size_t second = first ? keep(session, s->model, same ? word->text : buf_view(&other), call, true, err) : 0;
    session->keep--;
    buf_free(&other);
    s->list.runs = mem_new(2, sizeof *s->list.runs, "the runs", err);
    s->list.sites = mem_new(2, sizeof *s->list.sites, "the runs", err);
    if (!second || !s->list.runs || !s->list.sites)
        return call_blame(call, word, err);
    s->list.runs[0] = by_number(session, first);
    s->list.runs[1] = by_number(session, second);
    s->list.n_runs = 2;
    return map_request_read(call, &s->list.request, err) && sites_all(run_of(s, 0), &s->list.sites[0], err) &&
           sites_all(run_of(s, 1), &s->list.sites[1], err);
}

static bool align(struct shift *s, struct err *err)
{
    if (!map_list_at(&s->list, 0, &s->maps[0], err) || !map_list_at(&s->list, s->list.sites[0].n, &s->maps[1], err) ||
        !shown_map_pairs(&s->maps[0], &s->maps[1], AXIS_ROWS, true, s->maps[1].arena, &s->pairs, err))
        return false;
    for (size_t i = 0; i < 2; i++)
        s->changed[i] = text_of(s, i)->n - s->pairs.n;
    for (size_t k = 0; k < s->pairs.n; k++) {
        s->kept += s->pairs.first[k] == s->pairs.second[k];
        s->moved += s->pairs.first[k] != s->pairs.second[k];
    }
    s->other_positions = run_of(s, 1)->positions.kind != POSITIONS_OWN;
    s->list.aligned = true;
    return true;
}

/* ---- what is said ---- */

/* "@1: 0 <s>  1 he  2 y …", tokens without a counterpart marked. */
static void say_tokens(const struct shift *s, size_t i, struct buf *out)
{
    struct spelled spelled = spelled_of(run_of(s, i), run_of(s, i)->tokens, 0);
    const size_t *paired = i ? s->pairs.second : s->pairs.first;
    size_t k = 0;
    buf_printf(out, "@%zu:", s->list.runs[i]->number);
    for (size_t t = 0; t < spelled.text->n && t < 40; t++) {
        bool common = k < s->pairs.n && paired[k] == t;
        k += common;
        buf_printf(out, "  %d %s", run_of(s, i)->tokens->positions[t], common ? "" : CHANGED_MARK);
        buf_str(out, spelled.text->tokens[t].string);
        buf_printf(out, " %d", spelled.text->tokens[t].id);
    }
    buf_puts(out, spelled.text->n > 40 ? "  \u2026\n" : "\n");
}

static void say_kind(const struct shift *s, struct buf *out)
{
    size_t changed = s->changed[0] + s->changed[1];
    if (!changed && !s->other_positions)
        buf_puts(out, "the same ids in the same places: every difference is 0 by construction\n");
    else if (s->other_positions)
        buf_puts(out, "the same tokens under other position ids: what differs bears on position alone\n");
    else if (!s->moved)
        buf_printf(out, "%zu and %zu tokens of their own, every common token keeps its index: what differs bears on the tokens, not on "
                        "position\n", s->changed[0], s->changed[1]);
    else
        buf_printf(out, "%zu and %zu tokens of their own, %zu of %zu common tokens stand at another index: tokens and positions change "
                        "together; positions=shift:1 shifts the ids alone\n",
                   s->changed[0], s->changed[1], s->moved, s->pairs.n);
}

/* 1 − cosine of the common tokens' hidden states, the mean, layer by layer. */
static void say_hidden(const struct shift *s, struct buf *out)
{
    size_t layers = run_hidden_states(run_of(s, 0), STACK_MAIN);
    buf_puts(out, "hidden states of the common tokens, mean of 1 - cosine, embeddings first:");
    for (size_t l = 0; l < layers; l++) {
        const struct kept *a = run_kept(run_of(s, 0), "hidden", STACK_MAIN, l), *b = run_kept(run_of(s, 1), "hidden", STACK_MAIN, l);
        if (a && b)
            buf_printf(out, " %.3f", rows_moved(a->data, b->data, a->shape[1], s->pairs.first, s->pairs.second, s->pairs.n));
    }
    buf_char(out, '\n');
}

/* Softmax in place; the largest number's place. */
static size_t to_distribution(float *x, size_t n)
{
    size_t best = 0;
    double all = log_sum(x, n);
    for (size_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)exp((double)x[i] - all);
    return best;
}

/* How far the word that the model's own head would put at each common token moved. */
static bool say_predictions(const struct shift *s, struct buf *out, struct err *err)
{
    const struct output_head *head = run_vocabulary_head(run_of(s, 0), false);
    if (!head || head->stack != STACK_MAIN)
        return true;
    size_t width = head->width(s->model), others = 0;
    float *a = mem_new(2 * width, sizeof *a, "logits", err), *b = a ? a + width : NULL;
    double sum = 0;
    bool ok = a != NULL;
    for (size_t k = 0; ok && k < s->pairs.n; k++) {
        ok = run_logits(run_of(s, 0), head, 0, &s->pairs.first[k], 1, a, err) &&
             run_logits(run_of(s, 1), head, 0, &s->pairs.second[k], 1, b, err);
        others += ok && to_distribution(a, width) != to_distribution(b, width);
        for (size_t v = 0; ok && v < width; v++)
            sum += divergence_term(a[v], b[v]);
    }
    if (ok)
        buf_printf(out, "predictions at the common tokens: mean Jensen\u2013Shannon divergence %.4f nats, another first word at %zu of %zu\n",
                   sum / (double)s->pairs.n, others, s->pairs.n);
    free(a);
    return ok;
}

static bool say(const struct shift *s, const struct changes *changes, struct result *result, struct err *err)
{
    struct buf text = {0};
    say_tokens(s, 0, &text);
    say_tokens(s, 1, &text);
    say_kind(s, &text);
    say_hidden(s, &text);
    bool ok = say_predictions(s, &text, err);
    buf_puts(&text, "heads by ");
    changes_say(changes, &text);
    buf_char(&text, '\n');
    ok = ok && result_say(result, &text, err);
    buf_free(&text);
    return ok;
}

/* The heads that moved most as maps, side by side. */
static bool draw(struct shift *s, const struct call *call, const struct changes *changes, struct session *session, struct result *result,
                 struct err *err)
{
    size_t n = (size_t)call_int(call, "maps"), at[MOST_MAPS];
    n = n < changes->n ? n : changes->n;
    for (size_t i = 0; i < n; i++)
        at[i] = changes->change[i].at;
    return n == 0 || shift_picture(session, call, &s->list, at, n, result, err);
}

static bool give(struct session *session, struct shift *s, const struct call *call, struct result *result, struct err *err)
{
    struct changes changes = {0};
    if (!align(s, err))
        return false;
    bool ok = changes_make(call, &s->list, &changes, err);
    if (ok) {
        changes_rank(&changes);
        bool figure = result_wants_figure(result);
        ok = figure || (say(s, &changes, result, err) &&
                        changes_rows(&changes, (size_t)call_int(call, "top"), map_list_row(&s->list, NULL), result, err));
        if (ok && result_wants_picture(result))
            ok = draw(s, call, &changes, session, result, err);
    }
    changes_free(&changes);
    if (ok)
        result_note(result, "diff @%zu @%zu SELECTOR align=token shows a head's difference, grid @%zu @%zu all of them", s->list.runs[0]->number,
                    s->list.runs[1]->number, s->list.runs[0]->number, s->list.runs[1]->number);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct shift s = {.model = given_model(session, call, true, err)};
    if (!s.model)
        return false;
    if (!s.model->tokenizer)
        return err_set(err, ERR_ARG, "%s has no tokenizer: shift runs a text", s.model->name);
    if (call_given(call, "front") && call_given(call, "positions")) {
        err_set(err, ERR_ARG, "front= and positions=: give one, or neither for a space");
        return call_blame_option(call, "positions", err);
    }
    bool ok = make_runs(&s, session, call, err) && give(session, &s, call, result, err);
    for (size_t i = 0; i < 2; i++)
        if (s.maps[i].arena)
            shown_map_free(&s.maps[i]);
    map_list_free(&s.list);
    session_trim_runs(session);
    return ok;
}

static const struct option options[] = {
    {.name = "front", .kind = VALUE_WORD, .summary = "this token in front of the text's own, in place of a space"},
    OPTION_POSITIONS,
    {.name = "top", .kind = VALUE_INT, .fallback = "8", .summary = "so many heads, those that moved most", .lo = 1, .hi = 1e6},
    {.name = "maps", .kind = VALUE_INT, .fallback = "1", .summary = "of so many of them both maps and the difference, side by side", .lo = 0, .hi = MOST_MAPS},
    OPTION_FIGURE,
    OPTION_CELLS,
    {.name = "model", .kind = VALUE_MODEL, .summary = "a loaded model other than the one in use"},
    {0}};
static const struct arg args[] = {{.name = "TEXT", .kind = ARG_TEXT, .summary = "a text in quotes"}, {0}};
const struct command command_shift = {
    .name = "shift",
    .group = "maps",
    .keywords = "leading space|position|prefix|offset|minimal pair|hey what's up|robustness|perturb",
    .summary = "a text with and without a space or token in front",
    .help = "Runs a text twice: as it is, and with a space in front (without the one it has); with front=TOKEN that token behind\n"
            "the tokenizer's own, or with positions= the same tokens under other position ids. Both runs are kept. Ids and\n"
            "indices come first, tokens without a counterpart marked \u2260, because they say what a difference bears on: the\n"
            "same ids give 0 by construction; where a token changed and the others keep their index it bears on the token; where\n"
            "indices are shifted alone (positions=) on position. Then how far hidden states and predictions of the common tokens\n"
            "moved, and the heads that moved most, by Jensen-Shannon divergence of their rows where tokens correspond; of the\n"
            "first maps= of them the two maps and the signed difference, side by side on one scale (the figure of > FILE).",
    .examples = "shift \"hey what's up\"\nshift \"hey what's up\" positions=shift:1\nshift \"hey what's up\" front=the top=3\nshift \"hey what's up\" maps=3 > shift.pdf",
    .writes = true,
    .pixels = true,
    .options = options,
    .args = args,
    .run = run,
};
