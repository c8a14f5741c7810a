/* run: a forward pass over a text, kept for everything that looks at it. */
#include <stdlib.h>

#include "core/measure/finite.h"
#include "core/measure/positions.h"
#include "repl/grammar/call.h"
#include "repl/run/given_text.h"

static bool report(struct result *result, const struct kept_run *kept)
{
    struct buf line = {0};
    buf_printf(&line, "@%zu", kept->number);
    if (kept->name)
        buf_printf(&line, " @%s", kept->name);
    size_t n = kept->run->tokens->texts[0].n;
    buf_printf(&line, ": %zu token%s", n, n == 1 ? "" : "s");
    if (kept->run->target)
        buf_printf(&line, ", %zu of the decoder", kept->run->target->texts[0].n);
    buf_printf(&line, ", %s", kept->run->model->name);
    if (kept->run->mask.rule != MASK_FAMILY)
        buf_puts(&line, ", mask=");
    run_mask_name(kept->run->mask, &line);
    if (kept->run->positions.kind != POSITIONS_OWN)
        buf_puts(&line, ", positions=");
    position_rule_name(&kept->run->positions, &line);
    result_note(result, "%s", buf_cstr(&line));
    struct not_finite where = run_not_finite(kept->run);
    line.n = 0;
    if (where.any) {
        not_finite_say(kept->run, where, &line);
        result_note(result, "warning: @%zu: %s: maps and predictions behind it say nothing", kept->number, buf_cstr(&line));
    }
    buf_free(&line);
    return true;
}

/* positions=, where position ids are what tells places apart. */
static bool choose_positions(const struct call *call, struct model *model, struct given *given, struct err *err)
{
    bool absolute;
    if (!position_rule_parse(call_str(call, "positions"), &given->positions, err) || !model_has_positions(model, &absolute, err))
        return false;
    return absolute || err_set(err, ERR_ARG,
                               "no position ids reach the embeddings of %s: it tells places apart in attention alone, by their "
                               "distance (or not at all), so there are none to choose",
                               model->name);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct given given;
    struct model *model = given_model(session, call, true, err);
    if (!model || !given_read(call, model, &given, err))
        return false;
    if (call_given(call, "mask") && !run_mask_parse(call_str(call, "mask"), &given.mask, err)) {
        given_free(&given);
        return call_blame_option(call, "mask", err);
    }
    if (call_given(call, "positions") && !choose_positions(call, model, &given, err)) {
        given_free(&given);
        return call_blame_option(call, "positions", err);
    }
    given_warn_mask(&given, model, result);
    struct run *pass = given_run(session, model, &given, err);
    struct kept_run *kept = NULL;
    if (!pass && err && err->code != ERR_CANCELLED)
        given_blame(call, err);
    if (pass)
        kept = session_add_run(session, pass, call_str(call, "as"), given.has_text ? &given.first : NULL,
                               given.has_second ? &given.second : NULL, err);
    if (pass && !kept && err && err->code == ERR_ARG)
        call_blame_option(call, "as", err);
    given_free(&given);
    return kept && report(result, kept);
}

static const struct option options[] = {
    {"as", VALUE_WORD, NULL, NULL, "a name for it: @NAME; named runs stay until dropped", 0, 0},
    OPTIONS_TEXT,
    OPTIONS_DECODER,
    OPTIONS_FAMILY,
    OPTION_MASK,
    OPTION_POSITIONS,
    {0},
};
static const struct arg args[] = {ARGS_TEXT, {0}};
const struct command command_run = {
    .name = "run",
    .group = "runs",
    .keywords = "forward|infer|inference|encode|evaluate a text|feed|sentence|input|process",
    .summary = "run the model in use over a text",
    .help = "Queries, keys, values and hidden states are kept; every map is made from them when it is asked for. The run is\n"
            "then @, and @N by its number. Text in double quotes takes JSON's escapes, in single quotes none. Without quotes it\n"
            "is the rest of the line as it stands, blanks at its end cut: options stand before it, and a second text, a blank\n"
            "in front or a text that begins with NAME= wants quotes. - reads standard input to its end, as it is; file= takes a\n"
            "whole file as one text. ids= goes past the tokenizer: nothing is added, types are 0 where types= does not give\n"
            "them. An encoder-decoder's other side is target= as a text, shifted right behind the start token, or decoder= as\n"
            "ids; without either its start token alone. mask= runs the model under another mask than its own, in every attention of a text with\n"
            "itself: causal, window:W (causal too: W keys, the query's own included), or none, which hides nothing. No model was\n"
            "trained so, unless it is its own mask: an experiment, not what the model does. positions= gives the tokens other\n"
            "position ids, in models whose embeddings hold them: shift:K adds K to all, permute:SEED shuffles them, a list names\n"
            "one for each token.",
    .examples = "run The cat sat on the mat.\nrun \"The cat sat on the mat because it was tired.\"\nrun \"first text\" \"second text\" as=pair\n"
                "run file=letter.txt\nrun ids=1,7,2 types=0,0,1\nrun \"The cat sat on the mat.\" mask=causal\n"
                "run \"The cat sat on the mat.\" positions=shift:20",
    .raw_text = "file|ids",
    .options = options,
    .args = args,
    .run = run,
};
