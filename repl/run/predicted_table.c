/* Predictions before and after a change, as rows. See predicted_table.h. */
#include "repl/run/predicted_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/column_texts.h"
#include "core/measure/moved.h"
#include "repl/grammar/call.h"
#include "repl/run/token_choice.h"

static const struct tokens *axis_of(const struct output_head *head, const struct run *run)
{
    return head->stack == STACK_DECODER ? run->target : run->tokens;
}

static size_t count_masks(const struct tokens *tokens, int32_t mask)
{
    size_t n = 0;
    for (size_t i = 0; mask >= 0 && i < tokens_length(tokens, 0); i++)
        n += tokens->ids[i] == mask;
    return n;
}

/* The word whose logit is read at a row: what comes next, or what stands there; −1 at masks and behind the text. */
static int32_t own_word(const struct output_head *head, const struct tokens *tokens, int32_t mask, size_t row)
{
    size_t n = tokens_length(tokens, 0);
    if (head->place == HEAD_NEXT)
        return row + 1 < n ? tokens->ids[row + 1] : -1;
    return tokens->ids[row] == mask ? -1 : tokens->ids[row];
}

/* All rows that are of use, where q= names none. */
static void usual_places(struct prediction_ask *ask, const struct tokens *tokens, int32_t mask, bool word)
{
    size_t n = tokens_length(tokens, 0), masks = count_masks(tokens, mask);
    bool next = ask->head->place == HEAD_NEXT;
    for (size_t i = 0; i < n; i++) {
        const struct token *token = &tokens->texts[0].tokens[i];
        bool wanted = next     ? !word || i + 1 == n
                      : masks ? tokens->ids[i] == mask
                               : !token->special_id;
        if (wanted)
            ask->places[ask->n++].row = i;
    }
}

static bool read_word(const struct call *call, const struct run *run, const char *option, int32_t *out, struct err *err)
{
    *out = -1;
    if (!call_given(call, option))
        return true;
    if (!run->model->tokenizer)
        err_set(err, ERR_ARG, "%s has no tokenizer to read a word with", run->model->name);
    else if (column_texts_token(run->model->tokenizer, call_str(call, option), out, err))
        return true;
    return call_blame_option(call, option, err);
}

bool prediction_ask(const struct call *call, const struct run *run, struct prediction_ask *out, struct err *err)
{
    size_t *rows = NULL, n = 0;
    int32_t word, against, mask = run->model->tokenizer ? tokenizer_role(run->model->tokenizer, "mask") : -1;
    *out = (struct prediction_ask){.head = run_vocabulary_head(run, call_flag(call, "emd"))};
    if (!out->head) {
        const char *const options[] = {"q", "word", "against"};
        for (size_t i = 0; i < 3; i++)
            if (call_given(call, options[i])) {
                err_set(err, ERR_NOT_FOUND, "%s has no head over its vocabulary in its weights: nothing can be predicted",
                        run->model->name);
                return call_blame_option(call, options[i], err);
            }
        return true;
    }
    const struct tokens *tokens = axis_of(out->head, run);
    if (!read_word(call, run, "word", &word, err) || !read_word(call, run, "against", &against, err))
        return false;
    if (call_given(call, "q") && !select_tokens(spelled_of(run, tokens, 0), call_str(call, "q"), &rows, &n, err)) {
        err_prefix(err, "q=: ");
        return call_blame_option(call, "q", err);
    }
    out->places = mem_new(n + tokens_length(tokens, 0), sizeof *out->places, "the places", err);
    for (size_t i = 0; out->places && i < n; i++)
        out->places[out->n++].row = rows[i];
    free(rows);
    if (!out->places)
        return false;
    if (!out->n)
        usual_places(out, tokens, mask, word >= 0);
    for (size_t i = 0; i < out->n; i++) {
        struct asked_place *place = &out->places[i];
        int32_t own = own_word(out->head, tokens, mask, place->row);
        place->word = word >= 0 ? word : own;
        place->against = against;
        out->given += own >= 0 && own == place->word;
    }
    out->of = out->head->place == HEAD_NEXT ? "next words"
              : count_masks(tokens, mask)   ? "masked words"
                                            : "words, none of them masked";
    return true;
}

void prediction_ask_free(struct prediction_ask *ask)
{
    free(ask->places);
    *ask = (struct prediction_ask){0};
}

/* Mean −ln p over the words that stand in the text, before and after; NaN where none does. */
static void losses(const struct prediction_ask *ask, const struct predicted *predicted, double loss_out[2])
{
    size_t n = 0;
    loss_out[0] = loss_out[1] = 0;
    for (size_t i = 0; i < ask->n; i++) {
        if (ask->places[i].word < 0)
            continue;
        loss_out[0] += predicted[i].loss[0];
        loss_out[1] += predicted[i].loss[1];
        n++;
    }
    for (size_t k = 0; k < 2; k++)
        loss_out[k] = n ? loss_out[k] / (double)n : NAN;
}

static void say_hidden(const struct run *before, const struct run *after, struct buf *out)
{
    for (int k = STACK_MAIN; k < STACK_KINDS; k++) {
        size_t states = run_hidden_states(before, (enum stack_kind)k);
        bool begun = false;
        for (size_t l = 0; l < states; l++) {
            const struct kept *a = run_kept(before, "hidden", (enum stack_kind)k, l), *b = run_kept(after, "hidden", (enum stack_kind)k, l);
            if (!a || !b || a->shape[0] != b->shape[0])
                continue;
            if (!begun)
                buf_printf(out, "hidden states of %c, mean of 1 - cosine, embeddings first:", stack_letters[k]);
            begun = true;
            buf_printf(out, " %.3f", rows_moved(a->data, b->data, a->shape[1], NULL, NULL, a->shape[0]));
        }
        if (begun)
            buf_char(out, '\n');
    }
}

void prediction_say(const struct prediction_ask *ask, const struct predicted *predicted, const struct run *before,
                    const struct run *after, struct buf *out)
{
    double loss[2], divergence = 0;
    size_t others = 0;
    for (size_t i = 0; i < ask->n; i++) {
        others += predicted[i].first[0] != predicted[i].first[1];
        divergence += predicted[i].divergence / (double)ask->n;
    }
    losses(ask, predicted, loss);
    if (!ask->head)
        buf_printf(out, "%s has no head over its vocabulary: how far hidden states moved is all there is to say\n", before->model->name);
    else if (isfinite(loss[0]))
        buf_printf(out, "loss of %s, nats a word: %.4f before, %.4f after, change %+.4f; ", ask->of, loss[0], loss[1], loss[1] - loss[0]);
    if (ask->n)
        buf_printf(out, "mean Jensen–Shannon divergence %.4f nats, another likeliest word at %zu of %zu places\n", divergence, others, ask->n);
    say_hidden(before, after, out);
}

static struct cell_value word_cell(const struct run *run, int32_t id)
{
    return run->model->tokenizer && id >= 0 ? text_cell(tokenizer_string(run->model->tokenizer, id)) : int_cell(id);
}

bool prediction_rows(const struct prediction_ask *ask, const struct predicted *predicted, const struct predicted *source,
                     const struct run *run, struct result *result, struct err *err)
{
    bool table = strcmp(result_format(result), "table") == 0;
    if (!ask->head)
        return true;
    const char *header = source ? "index,token,word,prob,prob_after,prob_from,loss_change,against,logit_diff,logit_diff_after,"
                                  "logit_diff_from,restored,jsd,first,first_after"
                                : "index,token,word,prob,prob_after,loss_change,against,logit_diff,logit_diff_after,jsd,first,"
                                  "first_after";
    bool ok = result_columns(result, header, err);
    struct spelled spelled = spelled_of(run, axis_of(ask->head, run), 0);
    for (size_t i = 0; ok && i < ask->n; i++) {
        const struct predicted *p = &predicted[i], *from = source ? &source[i] : NULL;
        struct buf token = {0};
        struct cell_value cells[16];
        size_t n = 0;
        if (table)
            token_label(spelled, ask->places[i].row, &token);
        else
            buf_str(&token, spelled.text->tokens[ask->places[i].row].string);
        cells[n++] = int_cell((long long)ask->places[i].row);
        cells[n++] = text_cell(buf_view(&token));
        cells[n++] = word_cell(run, p->word);
        cells[n++] = number_cell(exp(-p->loss[0]), 4);
        cells[n++] = number_cell(exp(-p->loss[1]), 4);
        if (from)
            cells[n++] = number_cell(exp(-from->loss[1]), 4);
        cells[n++] = number_cell(p->loss[1] - p->loss[0], 4);
        cells[n++] = word_cell(run, p->against);
        cells[n++] = number_cell(p->margin[0], 3);
        cells[n++] = number_cell(p->margin[1], 3);
        if (from) {
            double way = from->margin[1] - p->margin[0];
            cells[n++] = number_cell(from->margin[1], 3);
            cells[n++] = number_cell_or(way != 0 ? (p->margin[1] - p->margin[0]) / way : NAN, 3, STR("-"));
        }
        cells[n++] = number_cell(p->divergence, 4);
        cells[n++] = word_cell(run, p->first[0]);
        cells[n++] = word_cell(run, p->first[1]);
        ok = buf_ok(&token, err) && result_row(result, cells, n, err);
        buf_free(&token);
    }
    return ok;
}
