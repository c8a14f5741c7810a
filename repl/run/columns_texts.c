/* `columns texts=FILE`. See columns_texts.h; the counting is core/measure/column_texts.c. */
#include "repl/run/columns_texts.h"

#include <stdlib.h>
#include <string.h>

#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

struct report {
    const struct column_texts *texts;
    const struct texts_file *file;
    const struct column_texts_options *options;
    size_t least; /* texts that must be able to show what is listed for a person */
    bool table;   /* for a person */
};

/* The hypothesis, joined with those that held in the same texts. */
static void row_name(const struct column_texts_head *head, size_t k, const struct tokenizer *tokenizer, struct buf *out)
{
    hypothesis_name(&head->hypotheses[k], tokenizer, out);
    for (size_t other = k + 1; other < head->n; other++)
        if (head->hypotheses[other].same_as == k) {
            buf_puts(out, " = ");
            hypothesis_name(&head->hypotheses[other], tokenizer, out);
        }
}

static bool is_alone(const struct column_texts_head *head, size_t k)
{
    for (size_t other = k + 1; other < head->n; other++)
        if (head->hypotheses[other].same_as == k)
            return false;
    return true;
}

/* ---- what came of each hypothesis in each head ---- */

/* A hypothesis of one head; no_column is one too. */
struct outcome {
    struct str name;
    struct site site;
    size_t held, could, permuted; /* permuted: of could · rounds */
    size_t group;                 /* the first outcome with this name and as many texts */
    size_t weight;                /* held, over the heads of the group */
    bool no_column;
};
struct outcomes {
    struct arena *arena; /* names */
    struct outcome *all;
    size_t n;
    size_t least; /* texts that must be able to show one: as asked, or all that were counted */
    size_t few;   /* left out: fewer texts than `least` could show them, or they held once, which may be chance */
};

static bool add_outcome(const struct report *r, const struct column_texts_head *head, size_t k, struct outcomes *o,
                        struct err *err)
{
    const struct hypothesis *h = &head->hypotheses[k];
    struct buf name = {0};
    row_name(head, k, r->file->model->tokenizer, &name);
    struct outcome *new = &o->all[o->n];
    *new = (struct outcome){.site = head->site,
                            .held = h->held,
                            .could = h->could,
                            .permuted = h->permuted_held,
                            .group = o->n,
                            .no_column = !h->kind};
    bool ok = buf_ok(&name, err) && arena_str(o->arena, buf_view(&name), &new->name, err);
    buf_free(&name);
    for (size_t i = 0; ok && i < o->n; i++)
        if (str_eq(o->all[i].name, new->name) && o->all[i].could == h->could) {
            new->group = o->all[i].group;
            break;
        }
    o->n += ok;
    return ok;
}

/* Those that held at all, and that so many texts could show. */
static bool gather(const struct report *r, struct outcomes *o, struct err *err)
{
    enum { ONCE = 1 };
    o->least = r->least < r->texts->counted_on ? r->least : r->texts->counted_on;
    o->arena = arena_new(err);
    o->all = mem_new(r->texts->n * MAX_HYPOTHESES, sizeof *o->all, "what held in the texts", err);
    bool ok = o->arena && o->all;
    for (size_t s = 0; ok && s < r->texts->n; s++)
        for (size_t k = 0; ok && k < r->texts->heads[s].n; k++) {
            const struct hypothesis *h = &r->texts->heads[s].hypotheses[k];
            if (h->same_as != k || !h->held)
                continue;
            if (h->could < o->least || h->held < (ONCE < o->least ? ONCE + 1 : o->least))
                o->few++;
            else
                ok = add_outcome(r, &r->texts->heads[s], k, o, err);
        }
    for (size_t i = 0; i < o->n; i++) /* sums first, then every outcome of the group has the sum */
        o->all[o->all[i].group].weight += o->all[i].held;
    for (size_t i = 0; i < o->n; i++)
        o->all[i].weight = o->all[o->all[i].group].weight;
    return ok;
}

static void outcomes_free(struct outcomes *o)
{
    free(o->all);
    arena_free(o->arena);
}

/* The names of the heads of n outcomes that follow each other, as selectors. */
static bool heads_text(const struct outcome *outcomes, size_t n, struct buf *out, struct err *err)
{
    struct site *sites = mem_new(n, sizeof *sites, "names of heads", err);
    for (size_t i = 0; sites && i < n; i++)
        sites[i] = outcomes[i].site;
    if (sites)
        sites_name(sites, n, out);
    free(sites);
    return sites != NULL;
}

/* ---- the summary: which hypotheses hold, in which heads ---- */

static int by_place(const struct outcome *x, const struct outcome *y)
{
    if (x->site.layer != y->site.layer)
        return x->site.layer < y->site.layer ? -1 : 1;
    return x->site.head < y->site.head ? -1 : x->site.head > y->site.head;
}

static bool in_every_text(const struct outcome *o)
{
    return o->held == o->could;
}

static bool in_half(const struct outcome *o)
{
    return !o->no_column && 2 * o->held >= o->could;
}

/* What held most, over all heads, comes first; that there is no column, last. */
static int by_group(const struct outcome *x, const struct outcome *y)
{
    if (x->no_column != y->no_column)
        return x->no_column ? 1 : -1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

static int by_band(const void *a, const void *b)
{
    const struct outcome *x = a, *y = b;
    if (by_group(x, y))
        return by_group(x, y);
    if (in_half(x) != in_half(y))
        return in_half(x) ? -1 : 1;
    if (in_every_text(x) != in_every_text(y))
        return in_every_text(x) ? -1 : 1;
    return by_place(x, y);
}

/* "L5.H0-1: [CLS] in 200 of 200 texts"; n heads of one hypothesis and one band. */
static bool say_band(const struct outcome *band, size_t n, struct buf *out, struct err *err)
{
    size_t least = SIZE_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        least = band[i].held < least ? band[i].held : least;
        most = band[i].held > most ? band[i].held : most;
    }
    if (!heads_text(band, n, out, err))
        return false;
    if (n > 1)
        buf_printf(out, " (%zu heads)", n);
    buf_printf(out, ": %.*s in %zu", STR_ARGS(band[0].name), least);
    if (most > least)
        buf_printf(out, "-%zu", most);
    buf_printf(out, " of %zu texts\n", band[0].could);
    return true;
}

/* Heads with a column, any, in at least half of the texts; heads with one in none. */
static void say_heads(const struct report *r, struct buf *out)
{
    size_t half = 0, none = 0;
    for (size_t s = 0; s < r->texts->n; s++) {
        const struct hypothesis *no_column = &r->texts->heads[s].hypotheses[0];
        half += 2 * no_column->held <= no_column->could;
        none += no_column->held == no_column->could;
    }
    buf_printf(out, "%zu of %zu heads have a column in at least half of the texts, %zu in none\n", half, r->texts->n, none);
}

static bool say_summary(const struct report *r, struct outcomes *o, struct buf *out, struct err *err)
{
    bool ok = true;
    size_t kept = 0;
    qsort(o->all, o->n, sizeof *o->all, by_band);
    for (size_t at = 0, some; ok && at < o->n; at += some) {
        some = 1;
        if (!in_half(&o->all[at]))
            continue;
        while (at + some < o->n && o->all[at + some].group == o->all[at].group && in_half(&o->all[at + some]) &&
               in_every_text(&o->all[at + some]) == in_every_text(&o->all[at]))
            some++;
        ok = say_band(o->all + at, some, out, err);
        kept += some;
    }
    if (!kept)
        buf_puts(out, "no hypothesis holds in half of the texts of any head\n");
    say_heads(r, out);
    return ok;
}

/* ---- the table ---- */

enum { COUNTS = 8 }; /* columns that tell of a hypothesis */

static void put_counts(const struct report *r, const struct outcome *o, struct cell_value cells[COUNTS])
{
    double low, high, could = (double)o->could;
    wilson_interval(o->held, o->could, &low, &high);
    cells[0] = (struct cell_value){.kind = CELL_TEXT, .text = o->name};
    cells[1] = int_cell(o->held);
    cells[2] = int_cell(o->could);
    cells[3] = int_cell(r->options->length);
    cells[4] = number_cell((double)o->held / could, 3);
    cells[5] = number_cell(low, 3);
    cells[6] = number_cell(high, 3);
    cells[7] = number_cell((double)o->permuted / (could * COLUMN_TEXTS_ROUNDS), 3);
}

/* For machines a row is a hypothesis of one head, whatever came of it. */
static bool put_row(const struct report *r, const struct column_texts_head *head, size_t k, struct result *result,
                    struct err *err)
{
    const struct hypothesis *h = &head->hypotheses[k];
    struct buf name = {0};
    struct cell_value cells[2 + COUNTS] = {int_cell(head->site.layer), int_cell(head->site.head)};
    buf_puts(&name, is_alone(head, k) ? "" : "not separable here: ");
    row_name(head, k, r->file->model->tokenizer, &name);
    put_counts(r, &(struct outcome){.name = buf_view(&name), .held = h->held, .could = h->could, .permuted = h->permuted_held},
               cells + 2);
    bool ok = buf_ok(&name, err) && result_row(result, cells, 2 + COUNTS, err);
    buf_free(&name);
    return ok;
}

/* Rows of a head: what could hold in some text. */
static bool put_rows(const struct report *r, const struct column_texts_head *head, struct result *result, struct err *err)
{
    for (size_t k = 0; k < head->n; k++)
        if (head->hypotheses[k].same_as == k && head->hypotheses[k].could && !put_row(r, head, k, result, err))
            return false;
    return true;
}

static int by_counts(const void *a, const void *b)
{
    const struct outcome *x = a, *y = b;
    if (by_group(x, y))
        return by_group(x, y);
    if (x->held != y->held)
        return x->held > y->held ? -1 : 1;
    if (x->permuted != y->permuted)
        return x->permuted < y->permuted ? -1 : 1;
    return by_place(x, y);
}

/* For a person a row is a hypothesis and all heads with the same counts. */
static bool put_grouped(const struct report *r, struct outcomes *o, struct result *result, struct err *err)
{
    bool ok = true;
    qsort(o->all, o->n, sizeof *o->all, by_counts);
    for (size_t at = 0, some; ok && at < o->n; at += some) {
        const struct outcome *first = &o->all[at];
        struct cell_value cells[COUNTS + 1];
        struct buf heads = {0};
        for (some = 1; at + some < o->n && o->all[at + some].group == first->group && o->all[at + some].held == first->held &&
                       o->all[at + some].permuted == first->permuted;)
            some++;
        put_counts(r, first, cells);
        ok = heads_text(first, some, &heads, err) && buf_ok(&heads, err);
        cells[COUNTS] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&heads)};
        ok = ok && result_row(result, cells, COUNTS + 1, err);
        buf_free(&heads);
    }
    return ok;
}

static bool say(const struct report *r, struct outcomes *outcomes, struct result *result, struct err *err)
{
    const struct column_texts *texts = r->texts;
    const struct column_texts_options *o = r->options;
    struct buf text = {0};
    buf_printf(&text,
               "%s: texts of exactly %zu tokens%s, longer ones cut (%zu), shorter ones left out (%zu); candidates from %zu "
               "(even lines), counts from %zu (odd lines); special tokens %s%s%s; seed %llu\n",
               o->name, o->length, r->file->length_chosen ? " (the median; length= chooses)" : "", texts->cut, texts->skipped,
               texts->chosen_on, texts->counted_on, o->no_special ? "left out" : "as the tokenizer puts them",
               o->front >= 0 ? "; in front of all " : "", o->front >= 0 ? r->file->front : "", (unsigned long long)o->seed);
    if (texts->not_finite)
        buf_printf(&text, "%zu of %zu maps are not finite: they have no column\n", texts->not_finite,
                   texts->n * (texts->chosen_on + texts->counted_on));
    if (r->file->left_out)
        buf_printf(&text, "%zu heads whose keys are not the text's tokens are left out\n", r->file->left_out);
    size_t notes = text.n;
    bool ok = say_summary(r, outcomes, &text, err);
    buf_printf(&text,
               "held: the key is a column: ratio n·c_j >= %.3g, cover >= %.3g (%s); low, high: 95 %% interval (Wilson 1927);\n"
               "permuted: the rate with the keys of each row permuted; A = B: these texts do not tell them apart\n",
               o->rule.ratio, o->rule.cover,
               o->rule.ratio == COLUMN_RATIO && o->rule.cover == COLUMN_COVER ? "gaze's own" : "gaze's own are 3 and 0.667");
    if (outcomes->few)
        buf_printf(&text, "left out: %zu that held once, or that fewer than %zu texts could show (least=); format=csv has them\n",
                   outcomes->few, outcomes->least);
    ok = ok && buf_ok(&text, err);
    if (ok && r->table)
        ok = result_prose(result, buf_view(&text), err);
    else if (ok)
        result_note(result, "%.*s", (int)notes - 1, text.data);
    buf_free(&text);
    return ok;
}

static bool put(const struct report *r, struct outcomes *outcomes, struct result *result, struct err *err)
{
    if (!result_columns(result,
                        r->table ? "hypothesis,held,texts,n,rate,low,high,permuted,heads"
                                 : "layer,head,hypothesis,held,texts,n,rate,low,high,permuted",
                        err) ||
        !say(r, outcomes, result, err))
        return false;
    if (r->table)
        return put_grouped(r, outcomes, result, err);
    for (size_t s = 0; s < r->texts->n; s++)
        if (!put_rows(r, &r->texts->heads[s], result, err))
            return false;
    return true;
}

bool columns_texts(struct session *session, const struct call *call, const struct column_rule *rule, struct result *result,
                   struct err *err)
{
    struct column_texts texts = {0};
    struct texts_file file;
    struct progress progress;
    if (!texts_file_open(session, call, &file, err))
        return false;
    struct watch watch = progress_begin(&progress, session, "texts");
    struct column_texts_options o = {.model = file.model,
                                     .lines = file.scan.lines,
                                     .name = file.path,
                                     .length = file.scan.length,
                                     .shortest = file.scan.length, /* counts of columns drift with n: all of one length */
                                     .no_special = file.scan.no_special,
                                     .front = file.scan.front,
                                     .seed = (uint64_t)call_int(call, "seed"),
                                     .rule = *rule,
                                     .sites = file.sites.site,
                                     .n_sites = file.sites.n,
                                     .watch = &watch};
    bool ok = column_texts(&o, &texts, err);
    progress_end(&progress);
    struct report report = {&texts, &file, &o, (size_t)call_int(call, "least"), strcmp(result_format(result), "table") == 0};
    struct outcomes outcomes = {0};
    ok = ok && gather(&report, &outcomes, err) && put(&report, &outcomes, result, err);
    outcomes_free(&outcomes);
    column_texts_free(&texts);
    texts_file_free(&file);
    return ok;
}
