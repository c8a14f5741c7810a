/* relations: the best head for each dependency relation of a treebank, beside the best fixed offset. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/forward.h"
#include "core/measure/hypothesis.h"
#include "core/measure/relations.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/run/selector.h"
#include "repl/run/site.h"

struct work {
    const struct call *call;
    struct model *model;
    const char *path;
    struct sites sites;
    struct conllu file;
    struct relations relations;
    size_t too_long;
};

/* ---- counting ---- */

static bool choose_sites(struct work *w, struct err *err)
{
    struct encoding encoding;
    size_t n = 0;
    if (!tokenizer_encode(w->model->tokenizer, STR("the"), NULL, 0, &encoding, err))
        return false;
    struct run *run = run_one(w->model, &encoding, NULL, err);
    bool given = call_given(w->call, "heads");
    bool ok = run && (given ? sites_parse(call_str(w->call, "heads"), run, &w->sites, err) || call_blame_option(w->call, "heads", err)
                            : sites_all(run, &w->sites, err));
    for (size_t i = 0; ok && i < w->sites.n; i++) {
        const struct attention *a = run_attention(run, w->sites.site[i], err);
        if (a && a->keys == run->tokens && a->queries == run->tokens && a->Tq == run->tokens->rows && a->Tk == a->Tq)
            w->sites.site[n++] = w->sites.site[i];
    }
    run_free(run);
    w->sites.n = n;
    return ok && (n || err_set(err, ERR_ARG, "none of these heads has the text's tokens as its queries and keys"));
}

static bool add(struct work *w, struct err *err)
{
    struct encoding encoding;
    size_t most = w->model->stacks[STACK_MAIN].max_tokens;
    if (!tokenizer_encode(w->model->tokenizer, buf_view(&w->file.text), NULL, 0, &encoding, err))
        return false;
    if ((most && encoding.n > most) || !encoding.n) {
        w->too_long++;
        encoding_free(&encoding);
        return true;
    }
    struct run *run = run_one(w->model, &encoding, NULL, err);
    bool ok = run && relations_add(&w->relations, &w->file, run, err);
    run_free(run);
    return ok;
}

static bool count(struct work *w, struct err *err)
{
    bool end = false;
    while (!end) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "interrupted");
        if (!conllu_next(&w->file, &end, err))
            return false;
        if (!end && !add(w, err))
            return err->code == ERR_CANCELLED || err->code == ERR_MEMORY ? false : err_prefix(err, "%s:%zu: ", w->path, w->file.line);
    }
    if (w->relations.n && w->relations.all[0].n[CHOOSING] && w->relations.all[0].n[COUNTING])
        return true;
    struct conllu *f = &w->file;
    if (f->bad)
        return err_set(err, ERR_FORMAT, "%s: no two sentences with relations; %zu passed over, the first for line %zu: %s", w->path, f->bad,
                       f->bad_line, buf_cstr(&f->why));
    return err_set(err, ERR_FORMAT, "%s: no two sentences with relations: expected CoNLL-U, ten columns between tabs", w->path);
}

/* ---- giving ---- */

struct best {
    size_t site, way, offset; /* offset: its number */
};

/* On the choosing half; the first among equals. */
static struct best best_of(const struct relations *r, const struct relation *relation)
{
    struct best best = {0, 0, RELATION_FARTHEST - 1};
    for (size_t s = 0; s < r->n_sites; s++)
        for (size_t way = 0; way < RELATION_WAYS; way++)
            if (relation->right[s * RELATION_WAYS + way] > relation->right[best.site * RELATION_WAYS + best.way])
                best = (struct best){s, way, best.offset};
    for (size_t o = 0; o < RELATION_OFFSETS; o++)
        if (relation->offsets[CHOOSING][o] > relation->offsets[CHOOSING][best.offset])
            best.offset = o;
    return best;
}

static void put_rate(size_t k, size_t n, struct cell_value *cells)
{
    double low, high;
    wilson_interval(k, n, &low, &high);
    cells[0] = number_cell((double)k / (double)n, 3);
    cells[1] = number_cell(low, 3);
    cells[2] = number_cell(high, 3);
}

static bool put_row(const struct work *w, const struct relation *relation, bool person, struct site_row row, struct result *result,
                    struct err *err)
{
    const struct relations *r = &w->relations;
    struct best best = best_of(r, relation);
    struct cell_value cells[12 + SITE_CELLS] = {text_cell(str_of(relation->name)), int_cell((long long)relation->n[CHOOSING]),
                                                int_cell((long long)relation->n[COUNTING])};
    struct buf name = {0};
    size_t n = 3;
    site_name(r->sites[best.site], &name);
    if (person)
        cells[n++] = text_cell(buf_view(&name));
    else
        n += site_cells(r->sites[best.site], row, cells + n);
    cells[n++] = text_cell(best.way == TO_HEAD ? STR("dependent to head") : STR("head to dependent"));
    put_rate(relation->right[(COUNTING * r->n_sites + best.site) * RELATION_WAYS + best.way], relation->n[COUNTING], cells + n);
    n += 3;
    cells[n++] = int_cell((long long)best.offset - RELATION_FARTHEST);
    put_rate(relation->offsets[COUNTING][best.offset], relation->n[COUNTING], cells + n);
    bool ok = buf_ok(&name, err) && result_row(result, cells, n + 3, err);
    buf_free(&name);
    return ok;
}

static int by_count(const void *a, const void *b)
{
    const struct relation *x = a, *y = b;
    if (x->n[COUNTING] != y->n[COUNTING])
        return x->n[COUNTING] > y->n[COUNTING] ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool say(struct work *w, bool person, size_t few, struct result *result, struct err *err)
{
    struct conllu *f = &w->file;
    struct buf text = {0};
    buf_printf(&text, "%s: %zu sentences, %zu relations between words; heads and offsets chosen on the even sentences, counted on the odd ones",
               w->path, w->relations.sentences, w->relations.arcs);
    if (w->too_long)
        buf_printf(&text, "; %zu sentences longer than the model takes left out", w->too_long);
    if (w->relations.lost)
        buf_printf(&text, "; %zu relations of words without a token left out", w->relations.lost);
    if (f->bad)
        buf_printf(&text, "; %zu sentences passed over, the first for line %zu: %s", f->bad, f->bad_line, buf_cstr(&f->why));
    if (few)
        buf_printf(&text, "; %zu relations of fewer than least= in a half left out", few);
    buf_char(&text, '\n');
    size_t notes = text.n;
    buf_puts(&text, "accuracy: how often the most attended other word is the right one (Clark et al. 2019, arXiv 1906.04341, table 1), maps of "
                    "words; baseline: the word at the best fixed offset of the head from its dependent; low, high: Wilson's 95 % interval\n");
    bool ok = buf_ok(&text, err);
    if (ok && person)
        ok = result_prose(result, buf_view(&text), err);
    else if (ok)
        result_note(result, "%.*s", (int)notes - 1, buf_cstr(&text));
    buf_free(&text);
    return ok;
}

static bool put(struct work *w, struct result *result, struct err *err)
{
    struct relations *r = &w->relations;
    bool person = strcmp(result_format(result), "table") == 0, ok;
    struct site_row row = {.stack = sites_tell_stack(w->sites.site, w->sites.n)};
    size_t least = (size_t)call_int(w->call, "least"), few = 0;
    char header[200];
    snprintf(header, sizeof header, "relation,chosen_on,n,%s,direction,accuracy,low,high,offset,baseline,baseline_low,baseline_high",
             person ? "site" : site_header(row));
    qsort(r->all + 1, r->n - 1, sizeof *r->all, by_count);
    for (size_t i = 1; i < r->n; i++)
        few += r->all[i].n[CHOOSING] < least || r->all[i].n[COUNTING] < least;
    ok = result_columns(result, header, err) && say(w, person, few, result, err);
    for (size_t i = 0; ok && i < r->n; i++)
        if (!i || (r->all[i].n[CHOOSING] >= least && r->all[i].n[COUNTING] >= least))
            ok = put_row(w, &r->all[i], person, row, result, err);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_FILE, 0);
    struct work w = {.call = call, .model = session_current(session, true, err), .path = word->text.s};
    if (!w.model)
        return false;
    if (!w.model->tokenizer)
        return err_set(err, ERR_ARG, "%s has no tokenizer: relations runs texts", w.model->name);
    struct lines *lines = lines_open(w.path, "a treebank in CoNLL-U", err);
    if (!lines)
        return call_blame(call, word, err);
    bool ok = choose_sites(&w, err) && conllu_new(lines, &w.file, err);
    w.relations = (struct relations){.sites = w.sites.site, .n_sites = w.sites.n, .subtypes = call_flag(call, "subtypes")};
    ok = ok && (count(&w, err) || (err->column ? false : call_blame(call, word, err))) && put(&w, result, err);
    relations_free(&w.relations);
    conllu_free(&w.file);
    sites_free(&w.sites);
    lines_free(lines);
    return ok;
}

static const struct option options[] = {
    {.name = "heads", .kind = VALUE_WORD, .summary = "a selector, as L0-2.H*: which heads; all of them"},
    {.name = "least", .kind = VALUE_INT, .fallback = "10", .lo = 1, .hi = 1e9, .summary = "rarer relations, in either half, are left out"},
    {.name = "subtypes", .kind = VALUE_FLAG, .fallback = "on", .summary = "off: nsubj:pass counts as nsubj"},
    {0}};
static const struct arg args[] = {{.name = "FILE", .kind = ARG_FILE, .summary = "a treebank in CoNLL-U"}, {0}};

extern const struct command command_relations;
const struct command command_relations = {
    .name = "relations",
    .group = "measures",
    .keywords = "syntax|dependency|dependencies|treebank|conllu|conll-u|universal dependencies|parse|probing|grammar|clark",
    .summary = "the best head for each dependency relation of a treebank",
    .help = "Each sentence of the file runs in the model in use. A head is right about a relation where the dependent's most attended other "
            "word is its head (or the head's is its dependent: the direction says which); maps are of words, the sum over the pieces of a "
            "key and the mean over those of a query, special tokens are left out (Clark et al. 2019, arXiv 1906.04341, table 1). The "
            "baseline is the best fixed offset, -9 to 9, of the head from its dependent. Which head, direction and offset is best is chosen "
            "on the even sentences; accuracies, with Wilson's 95 % interval, are of the odd ones. The row all is over all relations.\n"
            "Words are the lines with a whole number: comments, multiword tokens (3-4) and empty nodes (3.1) are passed over. The text is "
            "the words with blanks between, but after SpaceAfter=No. Sentences with other lines, or whose heads go in a circle, are passed "
            "over and counted.",
    .examples = "relations en-ud-dev.conllu\n"
                "relations en-ud-dev.conllu heads=L4-5 subtypes=off\n"
                "relations en-ud-dev.conllu format=csv > relations.csv",
    .options = options,
    .args = args,
    .run = run,
};
