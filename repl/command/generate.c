/* generate: what a causal model says next; the run over all of it is kept. */
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/generate.h"
#include "repl/grammar/call.h"
#include "repl/run/given_text.h"

enum { MOST_ENDS = 16 };

/* ---- what is asked ---- */

static bool read_ends(const struct call *call, const struct model *model, int32_t *ends, struct generate_options *out,
                      struct result *result, struct err *err)
{
    struct str list = call_str(call, "end");
    out->ends = ends;
    struct buf unapplied = {0};
    bool ok = generate_ends(model, ends, MOST_ENDS, &out->n_ends, &unapplied, err);
    if (ok && unapplied.n)
        result_note(result, "the checkpoint asks for %s: not applied", buf_cstr(&unapplied));
    buf_free(&unapplied);
    if (!ok || !call_given(call, "end"))
        return ok;
    out->n_ends = 0;
    for (size_t at = 0; !str_is(list, "none") && at <= list.n; at++) {
        long id = 0;
        if (!number_take(list, &at, &id) || id > INT32_MAX || (at < list.n && list.s[at] != ',') || out->n_ends == MOST_ENDS) {
            err_set(err, ERR_ARG, "end= is ids (end=2 or end=2,13, at most %d) or none", MOST_ENDS);
            return call_blame_option(call, "end", err);
        }
        ends[out->n_ends++] = (int32_t)id;
    }
    return true;
}

static bool blame(const struct call *call, const char *option, const char *why, struct err *err)
{
    err_set(err, ERR_ARG, "%s", why);
    return call_blame_option(call, option, err);
}

static bool read_options(const struct call *call, const struct model *model, int32_t *ends, struct generate_options *out,
                         struct result *result, struct err *err)
{
    bool sampled =
        call_given(call, "temperature") || call_given(call, "top_k") || call_given(call, "top_p") || call_given(call, "seed");
    out->max = (size_t)call_int(call, "max");
    out->beams = (size_t)call_int(call, "beams");
    out->sample = str_is(call_str(call, "method"), "sample");
    out->temperature = (float)call_float(call, "temperature");
    out->top_k = (size_t)call_int(call, "top_k");
    out->top_p = (float)call_float(call, "top_p");
    out->seed = (uint64_t)call_int(call, "seed");
    if (call_given(call, "window"))
        out->mask = (struct run_mask){.rule = MASK_CAUSAL, .window = (size_t)call_int(call, "window")};
    if (out->sample && out->beams > 1)
        return blame(call, "beams", "beams are searched, not sampled: give beams= or method=sample", err);
    if (sampled && !out->sample)
        return blame(call,
                     call_given(call, "temperature") ? "temperature"
                     : call_given(call, "top_k")     ? "top_k"
                     : call_given(call, "top_p")     ? "top_p"
                                                     : "seed",
                     "this is for method=sample", err);
    return read_ends(call, model, ends, out, result, err);
}

/* ---- text as it comes ---- */

struct stream {
    struct result *result;
    const struct tokenizer *tokenizer;
    struct buf text; /* not given yet: a character may be spread over tokens */
    bool begun, failed;
    struct err err;
};

static void put_safe(struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.n;) {
        size_t n = strcspn(text.s + at, "\n");
        n = n < text.n - at ? n : text.n - at;
        text_escape(out, (struct str){text.s + at, n});
        if ((at += n) < text.n)
            buf_char(out, text.s[at++]);
    }
}

/* How many bytes at the end may be the beginning of a character. */
static size_t unfinished(struct str text)
{
    for (size_t back = 1; back <= 3 && back <= text.n; back++) {
        unsigned char c = (unsigned char)text.s[text.n - back];
        if ((c & 0xC0) == 0x80)
            continue;
        size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

static void pour(struct stream *stream, bool last)
{
    struct str text = buf_view(&stream->text);
    size_t n = text.n - (last ? 0 : unfinished(text));
    struct buf safe = {0};
    put_safe(&safe, (struct str){text.s, n});
    if (last)
        buf_char(&safe, '\n');
    if (!stream->failed && safe.n)
        stream->failed = !result_text_piece(stream->result, buf_view(&safe), &stream->err);
    buf_free(&safe);
    memmove(stream->text.data, stream->text.data + n, text.n - n);
    stream->text.n -= n;
}

static void each(void *context, int32_t id)
{
    struct stream *stream = context;
    if (stream->tokenizer)
        tokenizer_spell(stream->tokenizer, id, !stream->begun, &stream->text);
    else
        buf_printf(&stream->text, " #%d", id);
    stream->begun = true;
    if (stream->text.n)
        pour(stream, false);
}

/* ---- the answer ---- */

static void spell(const struct model *model, const struct sequence *sequence, struct buf *out)
{
    for (size_t i = 0; i < sequence->n; i++)
        if (model->tokenizer)
            tokenizer_spell(model->tokenizer, sequence->ids[i], i == 0, out);
        else
            buf_printf(out, " #%d", sequence->ids[i]);
}

static bool give_json(struct result *result, const struct model *model, const struct sequence *sequences, size_t n,
                      struct err *err)
{
    struct buf document = {0};
    buf_puts(&document, "{\"sequences\":[");
    for (size_t i = 0; i < n; i++) {
        struct buf text = {0};
        buf_printf(&document, "%s{\"ids\":[", i ? "," : "");
        for (size_t j = 0; j < sequences[i].n; j++)
            buf_printf(&document, "%s%d", j ? "," : "", sequences[i].ids[j]);
        buf_puts(&document, "],\"text\":");
        spell(model, &sequences[i], &text);
        json_quote(&document, buf_view(&text));
        buf_puts(&document, ",\"score\":");
        json_put_number(&document, sequences[i].score);
        buf_puts(&document, "}");
        buf_free(&text);
    }
    buf_puts(&document, "]}");
    bool ok = buf_ok(&document, err) && result_json(result, buf_view(&document), err);
    buf_free(&document);
    return ok;
}

static bool give_rows(struct result *result, const struct model *model, const struct sequence *sequences, size_t n,
                      struct err *err)
{
    bool ok = result_columns(result, "rank,tokens,score,text", err);
    for (size_t i = 0; ok && i < n; i++) {
        struct buf text = {0};
        spell(model, &sequences[i], &text);
        struct cell_value cells[] = {{.kind = CELL_INT, .integer = (long long)i + 1},
                                     {.kind = CELL_INT, .integer = (long long)sequences[i].n},
                                     {.kind = CELL_NUMBER, .number = sequences[i].score, .digits = 4},
                                     {.kind = CELL_TEXT, .text = buf_view(&text)}};
        ok = buf_ok(&text, err) && result_row(result, cells, sizeof cells / sizeof *cells, err);
        buf_free(&text);
    }
    return ok;
}

/* The run over the prompt and what came, as if all of it had been given. */
static bool keep(struct session *session, const struct call *call, struct model *model, const struct encoding *prompt,
                 const struct generate_options *options, const struct sequence *sequence, struct result *result, struct err *err)
{
    bool decodes = model->stacks[STACK_DECODER].layers > 0;
    struct given given = {.mask = options->mask};
    size_t before = decodes ? 1 : prompt->n, n = before + sequence->n;
    int32_t *ids = mem_new(n, sizeof *ids, "a run", err), *source = mem_new(prompt->n, sizeof *source, "a run", err);
    struct buf text = {0};
    bool ok = ids && source;
    for (size_t i = 0; ok && i < prompt->n; i++)
        source[i] = prompt->tokens[i].id;
    if (ok) {
        if (decodes)
            ids[0] = model->start_token;
        else
            memcpy(ids, source, prompt->n * sizeof *ids);
        if (sequence->n)
            memcpy(ids + before, sequence->ids, sequence->n * sizeof *ids);
        ok = decodes ? encoding_of_ids(model->tokenizer, source, NULL, prompt->n, &given.encoding, err) &&
                           encoding_of_ids(model->tokenizer, ids, NULL, n, &given.target, err)
                     : encoding_of_ids(model->tokenizer, ids, NULL, n, &given.encoding, err);
    }
    struct run *pass = ok ? given_run(session, model, &given, err) : NULL;
    if (pass && prompt->texts[0].s && !decodes) {
        buf_str(&text, prompt->texts[0]);
        spell(model, sequence, &text);
    }
    struct str shown = decodes ? prompt->texts[0] : buf_view(&text);
    struct kept_run *kept =
        pass ? session_add_run(session, pass, call_str(call, "as"), shown.n ? &shown : NULL, NULL, err) : NULL;
    if (kept)
        kept->generated = before;
    if (kept)
        result_note(result, "@%zu: %zu token%s, %zu of them new, %s", kept->number, n, n == 1 ? "" : "s", sequence->n,
                    model->name);
    buf_free(&text);
    given_free(&given);
    free(ids);
    free(source);
    return kept != NULL;
}

static bool answer(struct session *session, const struct call *call, struct model *model, const struct encoding *prompt,
                   struct generate_options *options, struct result *result, struct err *err)
{
    struct sequence *sequences = mem_new(options->beams, sizeof *sequences, "the sequences", err);
    bool person = result_wants_picture(result) && options->beams == 1, cancelled = false;
    struct stream stream = {.result = result, .tokenizer = model->tokenizer};
    size_t n = 0;
    if (person) {
        options->each = each;
        options->context = &stream;
    }
    bool ok = sequences && generate(model, prompt, options, sequences, &n, &cancelled, err);
    if (cancelled)
        cancel_clear(); /* what is there is kept */
    if (ok && person) {
        pour(&stream, true);
        if (stream.failed && err)
            *err = stream.err;
        ok = !stream.failed;
    } else if (ok && n) {
        ok =
            result_wants_json(result) ? give_json(result, model, sequences, n, err) : give_rows(result, model, sequences, n, err);
    }
    if (ok && cancelled)
        result_note(result, "stopped: %zu of %zu tokens", n ? sequences[0].n : 0, options->max);
    ok = ok && (n == 0 || keep(session, call, model, prompt, options, &sequences[0], result, err));
    buf_free(&stream.text);
    if (sequences)
        sequences_free(sequences, n);
    free(sequences);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct given given;
    struct generate_options options = {0};
    int32_t ends[MOST_ENDS];
    struct model *model = given_model(session, call, true, err);
    if (!model || !generate_head(model, err) || !read_options(call, model, ends, &options, result, err) ||
        !given_read(call, model, &given, err))
        return false;
    bool ok = answer(session, call, model, &given.encoding, &options, result, err);
    if (!ok && err && err->code != ERR_CANCELLED && !err->column)
        given_blame(call, err);
    given_free(&given);
    return ok;
}

static const struct option options_of[] = {
    {"max", VALUE_INT, NULL, "20", "so many new tokens at most", 1, 1000000},
    {"end", VALUE_WORD, NULL, NULL, "ids that end the text, or none; else the checkpoint's", 0, 0},
    {"method", VALUE_ENUM, "greedy|sample", "greedy", "the most probable token each time, or a draw", 0, 0},
    {"beams", VALUE_INT, NULL, "1", "search with so many beams; all of them are given", 1, 64},
    {"temperature", VALUE_FLOAT, NULL, "1", "of a draw: below 1 sharper", 1e-6, 1e6},
    {"top_k", VALUE_INT, NULL, "0", "draw among so many tokens, 0: all", 0, 1e9},
    {"top_p", VALUE_FLOAT, NULL, "1", "draw among the fewest tokens that have this share", 0, 1},
    {"seed", VALUE_INT, NULL, "1", "of the draws", 0, 1e15},
    {"window", VALUE_INT, NULL, NULL, "each token looks back at so many, itself included", 1, 1e9},
    {"as", VALUE_WORD, NULL, NULL, "a name for the run: @NAME", 0, 0},
    OPTIONS_TEXT,
    {0},
};
static const struct arg args[] = {ARGS_TEXT, {0}};
const struct command command_generate = {
    .name = "generate",
    .group = "runs",
    .summary = "go on from a prompt, token by token",
    .help =
        "Greedy where nothing is said. The score is the sum of the new tokens' log-probabilities in nats; with beams= divided "
        "by\n"
        "their number, and all beams are given, best first (transformers' search, length penalty 1, early stopping off). The "
        "run\n"
        "over the prompt and the best sequence is kept: each new token's attention is a row of its maps. Keys and values are\n"
        "kept between steps; XLNet, XLM and Reformer, and rotary positions that scale by the length, run the whole text each\n"
        "time. An encoder-decoder takes the prompt as its source. Experts that fill up see one token a step. end= is by default\n"
        "generation_config.json's eos_token_id, else config.json's; what these ask for besides (forced tokens, penalties, their\n"
        "own beams or draws) is not applied, and said. Ctrl-C keeps\n"
        "what is there. window= is the causal mask of a Markov model: no model here was trained so.",
    .examples = "generate \"<|endoftext|>The ship\" max=30\ngenerate \"The ship\" beams=4 format=json\n"
                "generate \"The ship\" method=sample temperature=0.8 top_p=0.9 seed=7",
    .options = options_of,
    .args = args,
    .run = run,
};
