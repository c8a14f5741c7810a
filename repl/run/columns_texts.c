/* `columns texts=FILE`. See columns_texts.h; the counting is core/measure/column_texts.c. */
#include "repl/run/columns_texts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/measure/column.h"
#include "core/measure/column_texts.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/run/selector.h"
#include "repl/terminal/progress.h"

static struct cell_value number(double value)
{
    return (struct cell_value){.kind = CELL_NUMBER, .number = value, .digits = 3};
}

static struct cell_value integer(size_t value)
{
    return (struct cell_value){.kind = CELL_INT, .integer = (long long)value};
}

/* The hypothesis, joined with those that held in the same texts. */
static void row_name(const struct column_texts_head *head, size_t k, const struct tokenizer *tokenizer, struct buf *out)
{
    struct buf joined = {0};
    bool alone = true;
    hypothesis_name(&head->hypotheses[k], tokenizer, &joined);
    for (size_t other = k + 1; other < head->n; other++)
        if (head->hypotheses[other].same_as == k) {
            buf_puts(&joined, " = ");
            hypothesis_name(&head->hypotheses[other], tokenizer, &joined);
            alone = false;
        }
    buf_puts(out, alone ? "" : "not separable here: ");
    buf_str(out, buf_view(&joined));
    out->failed = out->failed || joined.failed;
    buf_free(&joined);
}

static bool put_rows(const struct column_texts_head *head, const struct tokenizer *tokenizer, struct result *result,
                     struct err *err)
{
    for (size_t k = 0; k < head->n; k++) {
        const struct hypothesis *h = &head->hypotheses[k];
        if (h->same_as != k)
            continue;
        double low, high, could = (double)h->could;
        struct buf name = {0};
        row_name(head, k, tokenizer, &name);
        wilson_interval(h->held, h->could, &low, &high);
        struct cell_value cells[] = {
            integer(head->site.layer),
            integer(head->site.head),
            {.kind = CELL_TEXT, .text = buf_view(&name)},
            integer(h->held),
            integer(h->could),
            h->could ? number((double)h->held / could) : (struct cell_value){.kind = CELL_NONE},
            number(low),
            number(high),
            h->could ? number((double)h->permuted_held / (could * COLUMN_TEXTS_ROUNDS)) : (struct cell_value){.kind = CELL_NONE},
        };
        bool ok = buf_ok(&name, err) && result_row(result, cells, sizeof cells / sizeof *cells, err);
        buf_free(&name);
        if (!ok)
            return false;
    }
    return true;
}

/* Neither a candidate nor a text with a column: left out of a person's table and counted. */
static bool is_bare(const struct column_texts_head *head)
{
    return head->n == 1 && head->hypotheses[0].held == head->hypotheses[0].could;
}

static bool say(const struct column_texts *texts, const struct column_texts_options *o, const char *front, struct result *result,
                struct err *err)
{
    struct buf text = {0};
    size_t bare = 0;
    for (size_t s = 0; s < texts->n; s++)
        bare += is_bare(&texts->heads[s]);
    buf_printf(&text, "%s: candidates from %zu texts (even lines), counts from %zu (odd lines); %zu skipped (fewer than %d tokens), "
                      "%zu cut to %zu tokens; special tokens %s%s%s; seed %llu\n",
               o->name, texts->chosen_on, texts->counted_on, texts->skipped, COLUMN_TEXTS_SHORTEST, texts->cut, o->length,
               o->no_special ? "left out" : "as the tokenizer puts them", front ? "; in front of all " : "", front ? front : "",
               (unsigned long long)o->seed);
    buf_printf(&text, "held: texts in which the key (one of the keys) is a column (ratio n·c_j >= 3, cover >= 2/3: gaze's own); texts: those that\n"
                      "have such a key; low, high: 95 %% interval (Wilson 1927); permuted: the rate where the keys of each row are permuted,\n"
                      "%d times; 0 from the end is the last key\n",
               COLUMN_TEXTS_ROUNDS);
    if (bare)
        buf_printf(&text, "%zu of %zu heads have no column in any text and are not listed\n", bare, texts->n);
    bool table = strcmp(result_format(result), "table") == 0, ok = buf_ok(&text, err);
    if (ok && table)
        ok = result_text(result, buf_view(&text), err);
    else if (ok)
        result_note(result, "%.*s", (int)strcspn(text.data, "\n"), text.data);
    buf_free(&text);
    return ok;
}

static bool put(const struct column_texts *texts, const struct column_texts_options *o, const char *front,
                struct result *result, struct err *err)
{
    bool table = strcmp(result_format(result), "table") == 0;
    if (!result_columns(result, "layer,head,hypothesis,held,texts,rate,low,high,permuted", err) ||
        !say(texts, o, front, result, err))
        return false;
    for (size_t s = 0; s < texts->n; s++)
        if (!(table && is_bare(&texts->heads[s])) && !put_rows(&texts->heads[s], o->model->tokenizer, result, err))
            return false;
    return true;
}

/* The model of the run that is named, else the one in use. */
static struct model *choose_model(struct session *session, const struct call *call, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_RUN, 0);
    struct kept_run *kept = word ? session_run(session, word->text, err) : NULL;
    if (word && !kept) {
        call_blame(call, word, err);
        return NULL;
    }
    struct model *model = session_current(session, true, err);
    for (size_t i = 0; kept && i < session->n_models; i++)
        if (session->models[i] == kept->run->model)
            model = session->models[i];
    if (model && !model->tokenizer) {
        err_set(err, ERR_ARG, "%s has no tokenizer: texts= needs one%s%s", model->name, model->tokenizer_problem ? "; " : "",
                model->tokenizer_problem ? model->tokenizer_problem : "");
        call_blame_option(call, "texts", err);
        return NULL;
    }
    return model;
}

static bool set_options(const struct call *call, struct model *model, struct column_texts_options *o, struct err *err)
{
    *o = (struct column_texts_options){.model = model,
                                       .length = (size_t)call_int(call, "length"),
                                       .shortest = COLUMN_TEXTS_SHORTEST,
                                       .no_special = !call_flag(call, "add_special"),
                                       .front = -1,
                                       .rule = {COLUMN_RATIO, COLUMN_COVER},
                                       .seed = (uint64_t)call_int(call, "seed")};
    if (model->stacks[STACK_MAIN].max_tokens && o->length > model->stacks[STACK_MAIN].max_tokens)
        o->length = model->stacks[STACK_MAIN].max_tokens;
    if (o->length < COLUMN_TEXTS_SHORTEST)
        return err_set(err, ERR_LIMIT, "%s takes at most %zu tokens, fewer than the %d that texts= needs", model->name,
                       model->stacks[STACK_MAIN].max_tokens, COLUMN_TEXTS_SHORTEST);
    if (call_given(call, "front") && !column_texts_token(model->tokenizer, call_str(call, "front"), &o->front, err))
        return call_blame_option(call, "front", err);
    return true;
}

bool columns_texts(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct column_texts_options o;
    struct column_texts texts = {0};
    struct source *file = NULL;
    struct sites sites = {0};
    struct kept_run probe = {0};
    char *path = NULL, *front = NULL;
    struct model *model = choose_model(session, call, err);
    bool ok = model && set_options(call, model, &o, err) && (path = mem_copy_str(call_str(call, "texts"), err));
    if (ok && o.front >= 0)
        ok = (front = mem_copy_str(call_str(call, "front"), err));
    if (ok && !(file = source_text(path, "a text a line", err)))
        ok = call_blame_option(call, "texts", err);
    if (ok) {
        o.name = path;
        o.lines = (struct str){(const char *)file->data, file->size};
        probe.run = column_texts_first(&o, err);
        ok = probe.run ? select_sites(session, call, &probe, SELECT_ALL, &sites, err) : call_blame_option(call, "texts", err);
        run_free(probe.run);
    }
    if (ok) {
        struct progress progress;
        struct watch watch = progress_begin(&progress, session, "texts");
        o.sites = sites.site;
        o.n_sites = sites.n;
        o.watch = &watch;
        ok = column_texts(&o, &texts, err);
        progress_end(&progress);
    }
    ok = ok && put(&texts, &o, front, result, err);
    column_texts_free(&texts);
    sites_free(&sites);
    source_free(file);
    free(path);
    free(front);
    return ok;
}
