/* ablate: what a model predicts when a head, a term of it or dimensions are taken out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/effect/split.h"
#include "core/measure/ablation.h"
#include "core/measure/column_texts.h"
#include "repl/grammar/call.h"
#include "repl/run/predicted_table.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

/* What is asked for, read of the call. */
struct asked_ablation {
    struct ablation ablation;
    struct sites sites;
    unsigned *terms;
    float *dims;
    struct dims_controls controls; /* of one run */
    struct buf what;               /* "L3.H7: output zero" */
};

static const struct {
    const char *name, *says;
} modes[] = {[ABLATE_ZERO] = {"zero", "output zero"},
             [ABLATE_UNIFORM] = {"uniform", "every key alike"},
             [ABLATE_MEAN] = {"mean", "mean output"},
             [ABLATE_RESAMPLE] = {"resample", "outputs drawn at random"}};

static enum rows_kind rows_of(struct str in)
{
    return str_is(in, "positions") ? ROWS_POSITIONS : str_is(in, "words") ? ROWS_WORDS : str_is(in, "norms") ? ROWS_NORMS : ROWS_HIDDEN;
}

static int by_number(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static bool read_dims(const struct call *call, const struct model *model, struct asked_ablation *out, struct err *err)
{
    size_t n = call_ids_count(call, "dims"), kept = 0;
    int32_t *ids = mem_new(n, sizeof *ids, "dimensions", err);
    out->dims = mem_new(n, sizeof *out->dims, "dimensions", err);
    bool ok = ids && out->dims && call_ids(call, "dims", ids, err);
    for (size_t i = 0; ok && i < n; i++) {
        out->dims[i] = (float)ids[i];
        if ((size_t)ids[i] < model->E)
            continue;
        err_set(err, ERR_ARG, "dimension %d: %s is %zu wide (0 to %zu)", ids[i], model->name, model->E, model->E - 1);
        ok = call_blame_option(call, "dims", err);
    }
    free(ids);
    if (!ok)
        return false;
    qsort(out->dims, n, sizeof *out->dims, by_number);
    for (size_t i = 0; i < n; i++)
        if (!i || out->dims[i] != out->dims[i - 1])
            out->dims[kept++] = out->dims[i];
    out->ablation.dims = (struct dims){.dim = out->dims, .n = kept};
    buf_printf(&out->what, "dimension%s ", kept > 1 ? "s" : "");
    for (size_t i = 0; i < kept; i++)
        buf_printf(&out->what, "%s%.0f", i ? "," : "", (double)out->dims[i]);
    buf_printf(&out->what, " zero in %.*s", STR_ARGS(call_str(call, "in")));
    return true;
}

static bool read_terms(const struct call *call, const struct model *model, struct asked_ablation *out, struct err *err)
{
    out->terms = mem_new(out->sites.n, sizeof *out->terms, "terms", err);
    for (size_t i = 0; out->terms && i < out->sites.n; i++) {
        struct part part;
        if (!part_parse(model->stacks[out->sites.site[i].stack].terms, call_str(call, "term"), (struct str){0}, (struct str){0}, &part, err))
            return call_blame_option(call, "term", err);
        out->terms[i] = part.terms;
        for (size_t s = 0; s < SPLITS; s++)
            if (part_effect(part) == splits[s])
                out->terms[i] = 1u << (MAX_TERMS + s);
        bool of_parts = out->terms[i] >> MAX_TERMS;
        if (of_parts && (out->sites.site[i].layer != out->sites.site[0].layer || out->sites.site[i].stack != out->sites.site[0].stack)) {
            err_set(err, ERR_ARG, "parts of the content are left out of the heads of one layer: what they are above it changes with it");
            return call_blame_option(call, "term", err);
        }
        if (part.kind == PART_LOGITS || of_parts)
            continue;
        err_set(err, ERR_ARG, "%.*s is no term that could be left out", STR_ARGS(call_str(call, "term")));
        return call_blame_option(call, "term", err);
    }
    return out->terms != NULL;
}

/* sites: taken. */
static bool read(const struct call *call, const struct model *model, struct sites sites, struct asked_ablation *out, struct err *err)
{
    static const char *const of_heads[] = {"mode", "term"}, *const of_dims[] = {"in", "controls"};
    bool dims = call_given(call, "dims");
    *out = (struct asked_ablation){.sites = sites};
    for (size_t i = 0; i < 2; i++) {
        const char *stray = dims ? of_heads[i] : of_dims[i];
        if (!call_given(call, stray))
            continue;
        err_set(err, ERR_ARG, "%s= is of %s", stray, dims ? "heads: leave it out beside dims=" : "dimensions: dims= says which");
        return call_blame_option(call, stray, err);
    }
    if (call_given(call, "mode") && call_given(call, "term")) {
        err_set(err, ERR_ARG, "term= leaves a term out of the scores: there is no mode of it");
        return call_blame_option(call, "mode", err);
    }
    out->ablation.seed = (uint64_t)call_int(call, "seed");
    if (dims) {
        out->ablation.mode = ABLATE_DIMS;
        out->ablation.rows = rows_of(call_str(call, "in"));
        return read_dims(call, model, out, err);
    }
    out->ablation.sites = out->sites.site;
    out->ablation.n_sites = out->sites.n;
    sites_name(out->sites.site, out->sites.n, &out->what);
    if (call_given(call, "term")) {
        out->ablation.mode = ABLATE_TERMS;
        if (!read_terms(call, model, out, err))
            return false;
        out->ablation.terms = out->terms;
        buf_printf(&out->what, " without %.*s", STR_ARGS(call_str(call, "term")));
        return true;
    }
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++)
        if (str_is(call_str(call, "mode"), modes[m].name)) {
            out->ablation.mode = (enum ablation_mode)m;
            buf_printf(&out->what, ": %s", modes[m].says);
        }
    return true;
}

static void asked_free(struct asked_ablation *asked)
{
    sites_free(&asked->sites);
    free(asked->terms);
    free(asked->dims);
    dims_controls_free(&asked->controls);
    buf_free(&asked->what);
}

/* A selector or dims=, not both. */
static bool check_words(const struct call *call, struct err *err)
{
    const struct call_word *selector = call_arg(call, ARG_SELECTOR, 0);
    if (selector && call_given(call, "dims")) {
        err_set(err, ERR_ARG, "dimensions are zeroed in all layers: leave the heads out");
        return call_blame(call, selector, err);
    }
    return selector || call_given(call, "dims") || err_set(err, ERR_ARG, "ablate wants heads or dimensions: ablate L3.H7, or ablate dims=77,588 in=hidden");
}

/* ---- over texts ---- */

static bool put_change(struct result *result, struct str what, size_t dims, double squares, const struct mean_change *c, struct err *err)
{
    struct cell_value cells[6 + 3 * CHANGES], none = {.kind = CELL_NONE};
    size_t n = 0;
    cells[n++] = text_cell(what);
    cells[n++] = dims ? int_cell((long long)dims) : none;
    cells[n++] = number_cell_or(squares, 4, (struct str){0});
    cells[n++] = number_cell(c->loss, 4);
    for (size_t i = 0; i < CHANGES; i++) {
        const double numbers[] = {c->of[i].change, c->of[i].low, c->of[i].high};
        for (size_t k = 0; k < 3; k++)
            cells[n++] = number_cell_or(numbers[k], 4, STR("-"));
    }
    cells[n++] = number_cell_or(c->first, 3, STR("-"));
    cells[n++] = number_cell_or(c->divergence, 4, STR("-"));
    return result_row(result, cells, n, err);
}

static void say_controls(const char *name, const struct mean_change *sets, size_t n, const struct mean_change *own, struct buf *out)
{
    double low = INFINITY, high = -INFINITY, sum = 0;
    size_t as_far = 0;
    if (!n) {
        buf_printf(out, "%s: none: all other dimensions together hold less\n", name);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, sets[i].of[CHANGED_LOSS].change);
        high = fmax(high, sets[i].of[CHANGED_LOSS].change);
        sum += sets[i].of[CHANGED_LOSS].change;
        as_far += sets[i].of[CHANGED_LOSS].change >= own->of[CHANGED_LOSS].change;
    }
    buf_printf(out, "%zu %s: change of loss %+.4f (mean), %+.4f to %+.4f; %zu as much as these dimensions\n", n, name, sum / (double)n, low,
               high, as_far);
}

static bool give_texts(const struct asked_ablation *asked, const struct ablation_texts *t, const struct ablation_options *o,
                       struct result *result, struct err *err)
{
    struct buf text = {0};
    bool dims = asked->ablation.mode == ABLATE_DIMS, ok;
    struct mean_change before = {.loss = t->loss, .first = NAN, .divergence = NAN};
    for (size_t c = 0; c < CHANGES; c++)
        before.of[c].change = before.of[c].low = before.of[c].high = NAN;
    buf_printf(&text, "%s: %zu text%s (%zu cut, %zu without a word to ask for), %zu %s; 95 %% interval over texts (Student's t); seed %llu\n",
               o->scan.name, t->texts, t->texts == 1 ? "" : "s", t->cut, t->skipped, t->words, t->asked.of, (unsigned long long)asked->ablation.seed);
    if (dims && o->controls) {
        buf_printf(&text, "these dimensions hold %.2f %% of the sum of squares there\n", 100 * t->squares);
        say_controls("random sets of as many dimensions", t->random, t->controls.n_random, &t->own, &text);
        say_controls("random sets that hold as much (within 5 %)", t->matched, t->controls.n_matched, &t->own, &text);
    }
    ok = result_say(result, &text, err) && result_columns(result, "what,dims,squares,loss,change,low,high,prob_change,prob_low,prob_high,logit_diff,diff_low,diff_high,first_other,jsd", err) &&
         put_change(result, STR("as it is"), 0, NAN, &before, err) &&
         put_change(result, buf_view(&asked->what), asked->ablation.dims.n, t->squares, &t->own, err);
    bool machine = strcmp(result_format(result), "table") != 0;
    for (size_t i = 0; ok && machine && i < t->controls.n_random; i++)
        ok = put_change(result, STR("random"), t->controls.random[i].n, t->controls.random[i].squares, &t->random[i], err);
    for (size_t i = 0; ok && machine && i < t->controls.n_matched; i++)
        ok = put_change(result, STR("matched"), t->controls.matched[i].n, t->controls.matched[i].squares, &t->matched[i], err);
    buf_free(&text);
    return ok;
}

/* Heads are found on a run of the first line; those of a decoder's other side read no text alone. */
static bool texts_sites(struct session *session, const struct call *call, const struct scan_options *scan, struct sites *out, struct err *err)
{
    struct kept_run probe = {.run = scan_first(scan, err)};
    bool ok = probe.run || (err && err->column) || call_blame_option(call, "texts", err);
    *out = (struct sites){0};
    if (ok && !call_given(call, "dims"))
        ok = select_sites(session, call, &probe, SELECT_ALL, out, err);
    run_free(probe.run);
    return ok;
}

static bool over_texts(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct model *model = texts_file_model(session, call, err);
    struct asked_ablation asked = {0};
    struct ablation_texts texts = {0};
    struct progress progress;
    struct sites sites = {0};
    if (!model)
        return false;
    char *path = mem_copy_str(call_str(call, "texts"), err);
    struct source *file = path ? source_text(path, "a text a line", err) : NULL;
    size_t most = model->stacks[STACK_MAIN].max_tokens, length = call_given(call, "length") ? (size_t)call_int(call, "length") : most;
    struct watch watch = progress_begin(&progress, session, "texts");
    struct ablation_options o = {.texts = (size_t)call_int(call, "n"), .controls = (size_t)call_int(call, "controls"),
                                 .emd = call_flag(call, "emd"),
                                 .scan = {.model = model, .name = path, .front = -1, .length = most && length > most ? most : length,
                                          .no_special = !call_flag(call, "add_special"), .watch = &watch}};
    bool ok = file || call_blame_option(call, "texts", err);
    if (ok)
        o.scan.lines = (struct str){(const char *)file->data, file->size};
    if (ok && call_given(call, "front") && !column_texts_token(model->tokenizer, call_str(call, "front"), &o.scan.front, err))
        ok = call_blame_option(call, "front", err);
    ok = ok && texts_sites(session, call, &o.scan, &sites, err) && read(call, model, sites, &asked, err) &&
         ablation_texts(&o, &asked.ablation, &texts, err);
    progress_end(&progress);
    ok = ok && give_texts(&asked, &texts, &o, result, err);
    ablation_texts_free(&texts);
    asked_free(&asked);
    source_free(file);
    free(path);
    return ok;
}

/* ---- one run ---- */

/* What rows of that kind hold in this run, and the control sets that follow from it. */
static bool draw_controls(const struct call *call, struct model *model, const struct run *base, struct asked_ablation *asked, struct err *err)
{
    double *squares = mem_new(model->E, sizeof *squares, "dimensions", err);
    struct intervention weigh = dims_weighed(squares, asked->ablation.rows);
    struct run *run = squares ? run_again(model, base, &weigh, 1, NULL, err) : NULL;
    size_t n = (size_t)call_int(call, "controls");
    bool ok = run && (dims_controls_draw(&asked->ablation.dims, squares, model->E, n, n, asked->ablation.seed, &asked->controls, err) ||
                      call_blame_option(call, call_given(call, "in") ? "in" : "dims", err));
    run_free(run);
    free(squares);
    return ok;
}

/* Control sets on one run: what each does to the mean loss of all places. */
static bool say_sets(const char *name, struct model *model, const struct run *base, const struct dims *sets, size_t n, enum rows_kind rows,
                     const struct prediction_ask *ask, struct predicted *scratch, struct buf *out, struct err *err)
{
    double low = INFINITY, high = -INFINITY, sum = 0, dims = 0;
    for (size_t s = 0; s < n; s++) {
        struct intervention zero = dims_zeroed(&sets[s], rows);
        struct run *run = run_again(model, base, &zero, 1, NULL, err);
        bool ok = run && predicted_compare(base, run, ask->head, 0, ask->places, ask->n, scratch, err);
        run_free(run);
        if (!ok)
            return false;
        double change = 0;
        for (size_t i = 0; i < ask->n; i++)
            change += (scratch[i].loss[1] - scratch[i].loss[0]) / (double)ask->n;
        low = fmin(low, change);
        high = fmax(high, change);
        sum += change / (double)n;
        dims += (double)sets[s].n / (double)n;
    }
    if (n)
        buf_printf(out, "%zu %s (%.4g dimensions each): mean change of -ln p %+.4f, %+.4f to %+.4f\n", n, name, dims, sum, low, high);
    else
        buf_printf(out, "no %s: all other dimensions together hold less\n", name);
    return true;
}

static bool say_dims(struct session *session, const struct asked_ablation *asked, struct model *model, const struct run *base,
                     const struct prediction_ask *ask, struct predicted *scratch, struct buf *out, struct err *err)
{
    const struct dims_controls *controls = &asked->controls;
    enum rows_kind rows = asked->ablation.rows;
    struct progress progress;
    bool ok = true;
    buf_printf(out, "these dimensions hold %.2f %% of the sum of squares there\n", 100 * asked->ablation.dims.squares);
    progress_begin(&progress, session, "controls");
    if (controls->n_random && ask->n)
        ok = say_sets("random sets", model, base, controls->random, controls->n_random, rows, ask, scratch, out, err) &&
             say_sets("random sets that hold as much (within 5 %)", model, base, controls->matched, controls->n_matched, rows, ask,
                      scratch, out, err);
    progress_end(&progress);
    return ok;
}

/* The run without what is taken out; its heads' means and draws are over this run's own tokens. */
static struct run *ablated(struct model *model, const struct run *base, const struct ablation *ablation, const struct watch *watch, struct err *err)
{
    struct outputs outputs = {0};
    struct arena *arena = arena_new(err);
    size_t n = 0;
    bool ok = arena && (ablation->mode == ABLATE_DIMS || (outputs_new(ablation, model, &outputs, err) && outputs_add(&outputs, ablation, base, err)));
    struct intervention *changes = ok ? ablation_make(ablation, &outputs, base, 0, arena, &n, err) : NULL;
    struct run *run = changes ? run_again(model, base, changes, n, watch, err) : NULL;
    outputs_free(&outputs);
    arena_free(arena);
    return run;
}

static bool give(struct session *session, const struct call *call, struct asked_ablation *asked, struct model *model,
                 const struct kept_run *before, const struct kept_run *after, struct result *result, struct err *err)
{
    struct prediction_ask ask = {0};
    struct buf text = {0};
    bool ok = prediction_ask(call, before->run, &ask, err);
    struct predicted *predicted = ok ? mem_new(2 * ask.n, sizeof *predicted, "predictions", err) : NULL;
    ok = predicted && (!ask.n || predicted_compare(before->run, after->run, ask.head, 0, ask.places, ask.n, predicted, err));
    if (ok)
        prediction_say(&ask, predicted, before->run, after->run, &text);
    if (ok && asked->ablation.mode == ABLATE_DIMS)
        ok = say_dims(session, asked, model, before->run, &ask, predicted + ask.n, &text, err);
    ok = ok && result_say(result, &text, err);
    ok = ok && prediction_rows(&ask, predicted, NULL, before->run, result, err);
    free(predicted);
    prediction_ask_free(&ask);
    buf_free(&text);
    return ok;
}

static bool of_run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs = NULL;
    struct asked_ablation asked = {0};
    struct sites sites = {0};
    struct progress progress;
    size_t n_runs;
    if (!select_runs(session, call, &runs, &n_runs, err))
        return false;
    struct kept_run *before = runs[0];
    free(runs);
    struct model *model = session_model_of(session, before->run);
    if (!model)
        return err_set(err, ERR_ARG, "@%zu was opened from a file of tensors: there are no weights to run it with again", before->number);
    if (!call_given(call, "dims") && !select_sites(session, call, before, SELECT_ALL, &sites, err))
        return false;
    struct watch watch = progress_begin(&progress, session, "layers");
    bool ok = read(call, model, sites, &asked, err) &&
              (asked.ablation.mode != ABLATE_DIMS || draw_controls(call, model, before->run, &asked, err));
    struct run *run = ok ? ablated(model, before->run, &asked.ablation, &watch, err) : NULL;
    progress_end(&progress);
    struct kept_run *after = run ? session_add_changed(session, before, run, call_str(call, "as"), buf_view(&asked.what), &before, err) : NULL;
    if (run && !after && err && err->code == ERR_ARG)
        call_blame_option(call, "as", err);
    if (after)
        result_note(result, "@%zu: @%zu with %s", after->number, before->number, buf_cstr(&asked.what));
    ok = after && give(session, call, &asked, model, before, after, result, err);
    asked_free(&asked);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    static const char *const of_texts[] = {"length", "n", "add_special", "front"}, *const of_one[] = {"q", "word", "against", "as"};
    bool texts = call_given(call, "texts");
    if (!check_words(call, err))
        return false;
    for (size_t i = 0; i < 4; i++) {
        const char *stray = texts ? of_one[i] : of_texts[i];
        if (!call_given(call, stray))
            continue;
        err_set(err, ERR_ARG, "%s= %s", stray, texts ? "is of one run: leave it out with texts=" : "belongs to texts=FILE");
        return call_blame_option(call, stray, err);
    }
    return texts ? over_texts(session, call, result, err) : of_run(session, call, result, err);
}

static const struct option options[] = {
    {"mode", VALUE_ENUM, "zero|uniform|mean|resample", "zero", "what stands in the place of a head's output, or of its pattern", 0, 0},
    {"term", VALUE_TERMS, NULL, NULL, "leave terms out of the heads' scores: p2c, c2p+p2c", 0, 0},
    {"dims", VALUE_IDS, NULL, NULL, "dimensions of the model's width that are zeroed, in all layers", 0, 0},
    {"in", VALUE_ENUM, "positions|words|norms|hidden", "hidden", "where dims= are zero", 0, 0},
    {"controls", VALUE_INT, NULL, "20", "of dims=: how many sets of either kind of control", 0, 1000},
    {"seed", VALUE_INT, NULL, "1", "of control sets and of mode=resample", 0, 9e15},
    {"as", VALUE_WORD, NULL, NULL, "a name for the run that is made: @NAME", 0, 0},
    OPTIONS_PREDICTED,
    OPTIONS_TEXTS,
    {"n", VALUE_INT, NULL, "64", "of texts=: so many lines at most", 1, 1e6},
    {0}};
static const struct arg args[] = {
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .repeated = true, .summary = "which heads"},
    {0}};

const struct command command_ablate = {
    .name = "ablate",
    .group = "measures",
    .keywords = "ablation|knock out|knockout|remove a head|prune|zero out|disable|lesion|mean ablation|causal",
    .summary = "what is predicted without a head, a term or dimensions",
    .help =
        "Runs the text of a run again with heads or dimensions taken out: later layers feel it. The run that is made is kept and shown "
        "like any other (show @, diff @1 @2). mode= says what stands in the place of a head: its output zero; every key that it "
        "sees attended to alike (uniform); its mean output over the text's tokens; its outputs at tokens drawn at random "
        "(resample). term= leaves a term out of the scores of the heads named, the softmax is taken of the rest; so too parts of the "
        "content in one layer: w2w, w2p, p2w, p2p, wprest in the first layer of models with absolute positions, qbias in any.\n"
        "\n"
        "dims= zeroes dimensions of the model's width in all layers and stacks: in=positions in what the position table gives, in=words "
        "in the rows of the word table that the text reads (not where it is the output layer too), in=norms behind every "
        "LayerNorm of that width (as if weight and bias were zero there; in a pre-norm model the residual keeps them), in=hidden "
        "in every hidden state. Beside it controls= random sets of as many dimensions, and as many random sets that hold as much "
        "of the sum of squares there: what falls for these too is no matter of those dimensions.\n"
        "\n"
        "Told are -ln p (loss, nats) of the text's own words, or of word=, their probability, the logit less that of against= "
        "(else of the likeliest other word before), and the Jensen-Shannon divergence of the whole distribution, at each place; "
        "and how far the hidden states moved. Words of a masked model are asked for where they are masked, else with the model seeing "
        "them.\n"
        "\n"
        "texts=FILE asks for words of every line (next words, or each seventh masked; of an encoder-decoder, whose lines are a source, a tab "
        "and its target, the next words of the target) and gives the mean over texts of the change of the loss, of the probability and "
        "of the logit less that of the likeliest other word, each with its 95 % interval; means and draws are over all texts then. An ablation tells what the model predicts without a part, and not how "
        "important it is where others can stand in (Michel et al. 2019).",
    .examples = "ablate L3.H7\n"
                "ablate L2 mode=mean as=without\n"
                "ablate @1 L3.H7 term=p2c q=4 word=mat against=table\n"
                "ablate L0.H3 L1.H0-2 mode=resample texts=corpus.txt n=200\n"
                "ablate dims=77,588 in=positions texts=corpus.txt",
    .options = options,
    .args = args,
    .run = run,
};
