/* tokens: what the tokenizer makes of a text, with every token's place in it. */
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "repl/grammar/call.h"
#include "repl/run/given_text.h"

static void put_json(struct buf *b, const struct token *t)
{
    buf_printf(b, "{\"id\":%ld,\"token\":", (long)t->id);
    json_quote(b, t->string);
    buf_printf(b, ",\"start\":%zu,\"end\":%zu,\"cstart\":%zu,\"cend\":%zu,", t->begin, t->end, t->cbegin, t->cend);
    if (t->text < 0)
        buf_puts(b, "\"text\":null");
    else
        buf_printf(b, "\"text\":%ld", (long)t->text);
    buf_printf(b, ",\"type\":%ld,\"special\":%s}", (long)t->type, t->special ? "true" : "false");
}

static bool give_json(struct result *result, const struct encoding *encoding, struct err *err)
{
    struct buf b = {0};
    buf_puts(&b, "{\"tokens\":[");
    for (size_t i = 0; i < encoding->n; i++) {
        if (!cancel_check(i, err)) {
            buf_free(&b);
            return false;
        }
        if (i)
            buf_char(&b, ',');
        put_json(&b, &encoding->tokens[i]);
    }
    buf_puts(&b, "]}");
    bool ok = buf_ok(&b, err) && result_json(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static bool give_rows(struct result *result, const struct encoding *encoding, struct err *err)
{
    if (!result_columns(result, "index,id,token,start,end,cstart,cend,text,type,special", err))
        return false;
    for (size_t i = 0; i < encoding->n; i++) {
        const struct token *t = &encoding->tokens[i];
        struct cell_value text = {.kind = t->text < 0 ? CELL_NONE : CELL_INT, .integer = t->text};
        struct cell_value cells[] = {int_cell(i),         {.kind = CELL_INT, .integer = t->id},
                                     {.kind = CELL_TEXT, .text = t->string},
                                     int_cell(t->begin),  int_cell(t->end),
                                     int_cell(t->cbegin), int_cell(t->cend),
                                     text,             {.kind = CELL_INT, .integer = t->type},
                                     {.kind = CELL_TEXT, .text = t->special ? STR("true") : STR("false")}};
        if (!result_row(result, cells, sizeof cells / sizeof cells[0], err))
            return false;
    }
    return true;
}

static bool give(struct result *result, const struct encoding *encoding, struct err *err)
{
    return result_wants_json(result) ? give_json(result, encoding, err) : give_rows(result, encoding, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *reference = call_arg(call, ARG_RUN, 0);
    if (reference && given_any(call)) {
        err_set(err, ERR_ARG, "a run and a text: give one");
        return call_blame(call, reference, err);
    }
    if (reference || !given_any(call)) {
        struct kept_run *kept = session_run(session, reference ? reference->text : STR("@"), err);
        return kept ? give(result, &kept->run->tokens->texts[0], err) : call_blame(call, reference, err);
    }
    struct given given;
    struct model *model = given_model(session, call, false, err);
    if (!model || !given_read(call, model, &given, err))
        return false;
    given_warn_mask(&given, model, result);
    bool ok = give(result, &given.encoding, err);
    given_free(&given);
    return ok;
}

static const struct option options[] = {OPTIONS_TEXT, {0}};
static const struct arg args[] = {{"@RUN", ARG_RUN, true, false, "the tokens of a run"}, ARGS_TEXT, {0}};
const struct command command_tokens = {
    .name = "tokens",
    .aliases = "tok",
    .group = "runs",
    .keywords = "tokenize|tokenise|tokenizer|tokeniser|ids|subwords|word pieces|wordpiece|bpe|sentencepiece|offsets|encode",
    .summary = "the tokens of a text or a run",
    .help = "Of the last run where nothing is named; a text needs a tokenizer only. start and end are bytes, cstart and cend\n"
            "code points, within the text that the token comes from (text 0, or 1 for the second of a pair). Tokens that\n"
            "the tokenizer put around the text have 0,0, no text and special true.",
    .examples = "tokens \"naive caf\\u00e9\"\ntokens \"first\" \"second\" format=json\ntokens @2",
    .options = options,
    .args = args,
    .run = run,
};
