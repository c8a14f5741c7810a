/* patch: a part of one run put into another, and what is predicted then. */
#include <stdlib.h>
#include <string.h>

#include "core/forward.h"
#include "core/measure/patching.h"
#include "repl/grammar/call.h"
#include "repl/run/predicted_table.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/token_choice.h"
#include "repl/terminal/progress.h"

static enum patch_kind kind_of(struct str what)
{
    return str_is(what, "pattern") ? PATCH_PATTERN : str_is(what, "hidden") ? PATCH_HIDDEN : PATCH_OUTPUT;
}

/* Each layer once. */
static size_t keep_layers(struct sites *sites)
{
    size_t n = 0;
    for (size_t i = 0; i < sites->n; i++)
        if (!n || sites->site[i].layer != sites->site[n - 1].layer || sites->site[i].stack != sites->site[n - 1].stack)
            sites->site[n++] = sites->site[i];
    return n;
}

/* What is patched, in words: "z of L3.H1 at 4 from @1". */
static void name_patch(const struct call *call, const struct sites *sites, const struct kept_run *from, struct buf *out)
{
    struct str what = call_str(call, "what");
    buf_printf(out, "%.*s of ", STR_ARGS(what));
    if (!str_is(what, "hidden"))
        sites_name(sites->site, sites->n, out);
    for (size_t i = 0; str_is(what, "hidden") && i < sites->n; i++)
        buf_printf(out, "%s%c%zu", i ? "," : "", stack_letters[sites->site[i].stack], sites->site[i].layer);
    if (call_given(call, "at"))
        buf_printf(out, " at %.*s", STR_ARGS(call_str(call, "at")));
    buf_printf(out, " from @%zu", from->number);
}

/* Which tokens are patched: at= of the axis that the first site's queries stand on. */
static bool read_tokens(const struct call *call, const struct run *run, const struct site *site, size_t **tokens_out, size_t *n_out, struct err *err)
{
    *tokens_out = NULL;
    *n_out = 0;
    if (!call_given(call, "at"))
        return true;
    const struct attention *a = run_attention(run, *site, err);
    if (a && select_tokens(spelled_of(run, a->queries, 0), call_str(call, "at"), tokens_out, n_out, err))
        return true;
    err_prefix(err, "at=: ");
    return call_blame_option(call, "at", err);
}

/* Where no word is given: from the likeliest word of the patched run to that of the run it comes from. */
static void choose_words(struct prediction_ask *ask, const struct predicted *source)
{
    for (size_t i = 0; i < ask->n; i++) {
        struct asked_place *place = &ask->places[i];
        if (place->word < 0)
            place->word = source[i].first[1];
        if (place->against < 0 && source[i].first[0] != place->word)
            place->against = source[i].first[0];
    }
}

static bool give(const struct call *call, const struct run *before, const struct run *after, const struct run *from, struct result *result,
                 struct err *err)
{
    struct prediction_ask ask = {0};
    struct buf text = {0};
    bool ok = prediction_ask(call, before, &ask, err), fits = true;
    struct predicted *predicted = ok ? mem_new(2 * ask.n, sizeof *predicted, "predictions", err) : NULL, *source = predicted;
    ok = predicted != NULL;
    if (ok && ask.n) {
        source += ask.n;
        fits = from->model == before->model && tokens_length(from->tokens, 0) == tokens_length(before->tokens, 0) && !from->target == !before->target &&
               (!from->target || tokens_length(from->target, 0) == tokens_length(before->target, 0));
        if (fits)
            ok = predicted_compare(before, from, ask.head, 0, ask.places, ask.n, source, err);
        if (ok && fits) {
            choose_words(&ask, source);
            ok = predicted_compare(before, from, ask.head, 0, ask.places, ask.n, source, err);
        }
        ok = ok && predicted_compare(before, after, ask.head, 0, ask.places, ask.n, predicted, err);
    }
    if (ok)
        prediction_say(&ask, predicted, before, after, &text);
    ok = ok && result_say(result, &text, err);
    ok = ok && prediction_rows(&ask, predicted, fits ? source : NULL, before, result, err);
    free(predicted);
    prediction_ask_free(&ask);
    buf_free(&text);
    return ok;
}

static struct run *patched(const struct call *call, struct model *model, const struct run *base, const struct run *from, const struct patch *patch,
                           const struct watch *watch, struct err *err)
{
    struct arena *arena = arena_new(err);
    size_t n = 0;
    struct intervention *changes = arena ? patch_make(patch, base, from, arena, &n, err) : NULL;
    if (arena && !changes && err && err->code == ERR_ARG)
        call_blame_option(call, "from", err);
    struct run *run = changes ? run_again(model, base, changes, n, watch, err) : NULL;
    arena_free(arena);
    return run;
}

/* The run that is patched and the one that it comes from; both kept. */
static bool find_runs(struct session *session, const struct call *call, size_t *base_out, size_t *from_out, struct err *err)
{
    struct kept_run **runs = NULL;
    size_t n_runs;
    if (!call_given(call, "from"))
        return err_set(err, ERR_ARG, "from= says which run the part comes from: patch L3.H1 from=@1");
    struct str name = call_str(call, "from");
    if (!name.n || name.s[0] != '@') {
        err_set(err, ERR_ARG, "from= wants a run: @, @3, @fox");
        return call_blame_option(call, "from", err);
    }
    const struct kept_run *from = session_run(session, name, err);
    if (!from)
        return call_blame_option(call, "from", err);
    if (!call_arg(call, ARG_SELECTOR, 0))
        return err_set(err, ERR_ARG, "patch wants heads or layers: patch L3.H1 from=@1, or patch L3 what=hidden from=@1");
    if (!select_runs(session, call, &runs, &n_runs, err))
        return false;
    *base_out = runs[0]->number;
    *from_out = from->number;
    free(runs);
    if (*base_out != *from_out)
        return true;
    err_set(err, ERR_ARG, "@%zu would be patched with itself: name another run", *base_out);
    return call_blame_option(call, "from", err);
}

static struct kept_run *by_number(struct session *session, size_t number)
{
    for (size_t i = 0; i < session->n_runs; i++)
        if (session->runs[i].number == number)
            return &session->runs[i];
    return NULL;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct sites sites = {0};
    struct progress progress;
    struct buf what = {0};
    size_t base_number = 0, from_number = 0, *tokens = NULL, n_tokens = 0;
    if (!find_runs(session, call, &base_number, &from_number, err))
        return false;
    struct kept_run *base = by_number(session, base_number), *from = by_number(session, from_number);
    struct model *model = session_model_of(session, base->run);
    if (!model)
        return err_set(err, ERR_ARG, "@%zu was opened from a file of tensors: there are no weights to run it with again", base_number);
    bool ok = select_sites(session, call, base, SELECT_ALL, &sites, err) && read_tokens(call, base->run, sites.site, &tokens, &n_tokens, err);
    struct patch patch = {.kind = kind_of(call_str(call, "what")), .sites = sites.site, .tokens = tokens, .n_tokens = n_tokens};
    if (ok && patch.kind == PATCH_HIDDEN && !sites.whole_layers) {
        err_set(err, ERR_ARG, "hidden states are a layer's, not a head's: patch L3 what=hidden from=@%zu", from_number);
        ok = call_blame(call, call_arg(call, ARG_SELECTOR, 0), err);
    }
    if (patch.kind == PATCH_HIDDEN)
        sites.n = keep_layers(&sites);
    patch.n_sites = sites.n;
    struct watch watch = progress_begin(&progress, session, "layers");
    struct run *made = ok ? patched(call, model, base->run, from->run, &patch, &watch, err) : NULL;
    progress_end(&progress);
    if (made)
        name_patch(call, &sites, from, &what);
    size_t keep = session->keep;
    session->keep += 2; /* neither of the two goes while their predictions are compared */
    struct kept_run *after = made ? session_add_changed(session, base, made, call_str(call, "as"), buf_view(&what), &base, err) : NULL;
    if (made && !after && err && err->code == ERR_ARG)
        call_blame_option(call, "as", err);
    if (after)
        result_note(result, "@%zu: @%zu with %s", after->number, base_number, buf_cstr(&what));
    ok = after && give(call, base->run, after->run, by_number(session, from_number)->run, result, err);
    session->keep = keep;
    session_trim_runs(session);
    sites_free(&sites);
    free(tokens);
    buf_free(&what);
    return ok;
}

static const struct option options[] = {
    {"from", VALUE_RUN, NULL, NULL, "the run that the part comes from: @1, @fox", 0, 0},
    {"what", VALUE_ENUM, "z|pattern|hidden", "z", "the output of heads, their attention pattern, or what layers give", 0, 0},
    {"at", VALUE_TOKENS, NULL, NULL, "queries (tokens) that are patched; else all", 0, 0},
    {"as", VALUE_WORD, NULL, NULL, "a name for the run that is made: @NAME", 0, 0},
    OPTIONS_PREDICTED,
    {0}};
static const struct arg args[] = {
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run is patched: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads or layers"},
    {0}};

const struct command command_patch = {
    .name = "patch",
    .group = "measures",
    .keywords = "activation patching|causal tracing|interchange intervention|causal mediation|path patching|transplant|swap activations|"
                "counterfactual|restore",
    .summary = "put a part of one run into another",
    .help =
        "Runs the text of a run again with a part of another run in it: the output z of heads, their attention pattern (the values stay "
        "the run's own), or with what=hidden what layers give; of all tokens, or of those of at=, counted by index. Both texts have "
        "as many tokens. The run that is made is kept and shown like any other.\n"
        "\n"
        "Told are, at each place, the probability of a word and its logit less that of another, before, after, and in the run that the "
        "part came from; restored is how much of the way from before to there the patch goes, (after - before) / (from - before) of the "
        "difference of logits: 1 all of it, 0 nothing. word= and against= name the words; else it is the text's own next word, and at "
        "masks and behind the text the likeliest word of the run it comes from against the likeliest of the run that is patched "
        "(Vig et al. 2020; Meng et al. 2022; Heimersheim and Nanda 2024). Other formulas and options are those of ablate.",
    .examples = "patch L3.H1 from=@1\n"
                "patch @2 L2 what=hidden at=4 from=@1 word=Ġcat against=Ġdog\n"
                "patch L0-2 what=pattern from=@fox q=-1",
    .options = options,
    .args = args,
    .run = run,
};
