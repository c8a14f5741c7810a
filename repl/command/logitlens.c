/* logitlens: what the model's head says of every layer's hidden states (nostalgebraist 2020): words and probabilities, layers by
 * tokens. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/effect/lens.h"
#include "core/op/log_sum.h"
#include "repl/grammar/call.h"
#include "repl/result/figure.h"
#include "repl/run/asked_run.h"
#include "repl/run/token_choice.h"

/* What one place of one layer holds most likely, and what it gives to the word that the last layer holds most likely there. */
struct seen {
    int32_t word;
    float prob, last_prob;
    size_t last_rank; /* from 1 */
};

struct lens {
    const struct run *run;
    const struct output_head *head;
    const struct tokens *tokens;
    size_t states, *places, n;
    struct seen *seen; /* [states,n] */
    float *shown;      /* [states,n] what a picture shows, the last layer on top */
    struct str *rows, *cols;
};

static struct seen look(const float *logits, size_t V, int32_t last)
{
    struct seen out = {0, 0, 0, 1};
    double total = log_sum(logits, V);
    for (size_t id = 1; id < V; id++)
        if (logits[id] > logits[out.word])
            out.word = (int32_t)id;
    if (last < 0)
        last = out.word;
    for (size_t id = 0; id < V; id++)
        out.last_rank += logits[id] > logits[last];
    out.prob = (float)exp((double)logits[out.word] - total);
    out.last_prob = (float)exp((double)logits[last] - total);
    return out;
}

/* All layers, the last one first, whose words the others are asked for. */
static bool make(struct lens *lens, struct err *err)
{
    size_t V = lens->head->width(lens->run->model);
    float *logits = mem_new(V, sizeof *logits, "the logits", err);
    bool ok = logits != NULL;
    for (size_t s = lens->states; ok && s-- > 0;)
        for (size_t i = 0; ok && i < lens->n; i++) {
            const struct seen *last = &lens->seen[(lens->states - 1) * lens->n + i];
            ok = !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
            ok = ok && lens_logits(lens->run, lens->head, s, 0, &lens->places[i], 1, logits, err);
            if (ok)
                lens->seen[s * lens->n + i] = look(logits, V, s + 1 == lens->states ? -1 : last->word);
        }
    free(logits);
    return ok;
}

static bool open_lens(const struct call *call, const struct run *run, struct arena *arena, struct lens *lens, struct err *err)
{
    *lens = (struct lens){.run = run};
    if (!lens_open(run, &lens->head, &lens->states, err))
        return false;
    lens->tokens = lens->head->stack == STACK_DECODER ? run->target : run->tokens;
    if (call_given(call, "k")) {
        if (!select_tokens(spelled_of(run, lens->tokens, 0), call_str(call, "k"), &lens->places, &lens->n, err)) {
            err_prefix(err, "k=: ");
            return call_blame_option(call, "k", err);
        }
    } else {
        lens->n = tokens_length(lens->tokens, 0);
        lens->places = mem_new(lens->n, sizeof *lens->places, "the places", err);
        for (size_t i = 0; lens->places && i < lens->n; i++)
            lens->places[i] = i;
    }
    lens->seen = arena_zalloc(arena, lens->states * lens->n, sizeof *lens->seen, "the lens", err);
    return lens->places && lens->seen && make(lens, err);
}

static struct str word_of(const struct lens *lens, int32_t id)
{
    const struct tokenizer *tokenizer = lens->run->model->tokenizer;
    return tokenizer ? tokenizer_string(tokenizer, id) : (struct str){0};
}

/* ---- rows ---- */

static struct cell_value word_cell(struct str word)
{
    return word.s ? text_cell(word) : (struct cell_value){.kind = CELL_NONE};
}

static bool give_rows(const struct lens *lens, struct result *result, struct err *err)
{
    bool ok = result_columns(result, "layer,index,token,id,word,prob,last_word,last_prob,last_rank", err);
    for (size_t i = 0; ok && i < lens->n; i++)
        for (size_t s = 0; ok && s < lens->states; s++) {
            const struct seen *seen = &lens->seen[s * lens->n + i], *last = &lens->seen[(lens->states - 1) * lens->n + i];
            struct cell_value cells[] = {int_cell((long long)s),
                                         int_cell((long long)lens->places[i]),
                                         text_cell(lens->tokens->texts[0].tokens[lens->places[i]].string),
                                         int_cell(seen->word),
                                         word_cell(word_of(lens, seen->word)),
                                         number_cell((double)seen->prob, 4),
                                         word_cell(word_of(lens, last->word)),
                                         number_cell((double)seen->last_prob, 4),
                                         int_cell((long long)seen->last_rank)};
            ok = result_row(result, cells, sizeof cells / sizeof *cells, err);
        }
    return ok;
}

/* ---- a picture ---- */

static bool make_labels(struct lens *lens, struct arena *arena, struct err *err)
{
    lens->rows = arena_zalloc(arena, lens->states, sizeof *lens->rows, "the lens", err);
    lens->cols = arena_zalloc(arena, lens->n, sizeof *lens->cols, "the lens", err);
    bool ok = lens->rows && lens->cols;
    for (size_t s = 0; ok && s < lens->states; s++) {
        char name[32];
        if (s + 1 == lens->states)
            snprintf(name, sizeof name, "embeddings");
        else
            snprintf(name, sizeof name, "%c%zu", stack_letters[lens->head->stack], lens->states - 2 - s);
        ok = arena_str(arena, str_of(name), &lens->rows[s], err);
    }
    for (size_t i = 0; ok && i < lens->n; i++) {
        struct buf label = {0};
        token_label(spelled_of(lens->run, lens->tokens, 0), lens->places[i], &label);
        ok = buf_ok(&label, err) && arena_str(arena, buf_view(&label), &lens->cols[i], err);
        buf_free(&label);
    }
    return ok;
}

static bool give_picture(struct session *session, const struct call *call, const struct asked_run *asked, struct lens *lens,
                         struct arena *arena, struct result *result, struct err *err)
{
    bool of_last = str_is(call_str(call, "of"), "last");
    struct kept_run *kept = asked->kept;
    const struct figure_source source = {.runs = &kept, .n_runs = kept ? 1 : 0, .site = "logitlens"};
    const struct str notes[] = {
        STR("logit lens: the model's own head (behind its final norm) on every layer's hidden states (nostalgebraist 2020)")};
    lens->shown = arena_alloc(arena, lens->states * lens->n, sizeof *lens->shown, "the lens", err);
    if (!lens->shown || !make_labels(lens, arena, err))
        return false;
    for (size_t s = 0; s < lens->states; s++)
        for (size_t i = 0; i < lens->n; i++) {
            const struct seen *seen = &lens->seen[(lens->states - 1 - s) * lens->n + i];
            lens->shown[s * lens->n + i] = of_last ? seen->last_prob : seen->prob;
        }
    const struct panel panel = {.rows = lens->states,
                                .cols = lens->n,
                                .values = lens->shown,
                                .row_labels = lens->rows,
                                .col_labels = lens->cols,
                                .no_numbers = true,
                                .tick = NAN};
    struct picture picture = {.panels = &panel,
                              .n_panels = 1,
                              .scale = {.kind = SCALE_LINEAR, .lo = 0, .hi = 1, .clip_hi = 100},
                              .value_name = of_last ? "probability of the last layer's word" : "probability of the layer's own word",
                              .row_axis = "Layer",
                              .col_axis = "Token",
                              .notes = notes,
                              .n_notes = 1};
    return give_figure(session, call, &picture, &source, result, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct asked_run asked;
    struct lens lens = {0};
    struct arena *arena = arena_new(err);
    bool ok = arena && asked_run_open(session, call, result, &asked, err);
    if (ok) {
        ok = open_lens(call, asked.run, arena, &lens, err);
        bool words = lens.n == 1 && !result_wants_figure(result); /* a person's table of one place */
        if (ok)
            ok = result_wants_picture(result) && !words ? give_picture(session, call, &asked, &lens, arena, result, err)
                                                        : give_rows(&lens, result, err);
        free(lens.places);
        asked_run_close(&asked);
    }
    arena_free(arena);
    return ok;
}

static const struct option options[] = {
    {"k", VALUE_TOKENS, NULL, NULL, "places: index, range, list or a token's text; one alone is a table with its words", 0, 0},
    {"of", VALUE_ENUM, "own|last", "last", "what a picture shows: the probability of the last layer's word, or of the layer's own", 0, 0},
    OPTIONS_TEXT,
    OPTIONS_DECODER,
    OPTION_FIGURE,
    OPTION_CELLS,
    {0},
};
static const struct arg args[] = {ARGS_ASKED, {0}};
extern const struct command command_logitlens;
const struct command command_logitlens = {
    .name = "logitlens",
    .group = "maps",
    .keywords = "logit lens|lens|nostalgebraist|early exit|intermediate predictions|unembedding|hidden states|layers",
    .summary = "what the model's head says of every layer's hidden states",
    .help =
        "The logit lens (nostalgebraist 2020): the hidden states of a layer go through the stack's final norm, where it has one, and\n"
        "the model's own head over the vocabulary, as if the layers above were not there. A picture has a row a layer, the last\n"
        "one on top, and a column a token: the probability of the word that the last layer holds most likely there (of=own: that\n"
        "of the layer's own word). Rows (csv, json, or the table of one place, k=5) have words: the layer's own, and probability\n"
        "and rank of the last layer's. Layer 0 is the embedding output. An encoder's head was trained on the last layer alone,\n"
        "and tells a word from its own place; a decoder says what comes next.",
    .examples = "logitlens\nlogitlens k=5\nlogitlens \"The cat [MASK] on the mat.\" k=3\nlogitlens of=own > lens.png\nlogitlens format=csv > lens.csv",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
