/* `columns texts=FILE`. See columns_texts.h; the counting is core/measure/column_texts.c. */
#include "repl/run/columns_texts.h"

#include <stdlib.h>
#include <string.h>

#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

static struct cell_value number(double value)
{
    return (struct cell_value){.kind = CELL_NUMBER, .number = value, .digits = 3};
}

static struct cell_value integer(size_t value)
{
    return (struct cell_value){.kind = CELL_INT, .integer = (long long)value};
}

struct report {
    const struct column_texts *texts;
    const struct texts_file *file;
    const struct column_texts_options *options;
    bool table; /* for a person */
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

/* ---- the summary: which hypotheses hold, in which heads ---- */

/* A hypothesis that held in at least half of the texts, in one head. */
struct held {
    struct str name;
    struct site site;
    size_t held, could, order; /* order: of the first head with this name */
};

static int by_hypothesis(const void *a, const void *b)
{
    const struct held *x = a, *y = b;
    bool all_x = x->held == x->could, all_y = y->held == y->could;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (all_x != all_y)
        return all_x ? -1 : 1;
    if (x->site.layer != y->site.layer)
        return x->site.layer < y->site.layer ? -1 : 1;
    return x->site.head < y->site.head ? -1 : x->site.head > y->site.head;
}

/* "L5.H0, L5.H1: [CLS] in 200 of 200 texts"; n heads of one hypothesis and one band. */
static void say_band(const struct held *held, size_t n, struct buf *out)
{
    enum { NAMED = 12 };
    size_t least = SIZE_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        if (i < NAMED) {
            buf_puts(out, i ? ", " : "");
            site_name(held[i].site, out);
        }
        least = held[i].held < least ? held[i].held : least;
        most = held[i].held > most ? held[i].held : most;
    }
    if (n > NAMED)
        buf_printf(out, ", \u2026 (%zu heads)", n);
    buf_printf(out, ": %.*s in %zu", STR_ARGS(held[0].name), least);
    if (most > least)
        buf_printf(out, "-%zu", most);
    buf_printf(out, " of %zu texts\n", held[0].could);
}

/* All hypotheses that held in half of the texts or more, of every head; returns how many, SIZE_MAX: no memory. */
static size_t gather_held(const struct report *r, struct held *held, struct arena *arena, struct err *err)
{
    size_t n = 0;
    for (size_t s = 0; s < r->texts->n; s++) {
        const struct column_texts_head *head = &r->texts->heads[s];
        for (size_t k = 1; k < head->n; k++) {
            const struct hypothesis *h = &head->hypotheses[k];
            if (h->same_as != k || !h->could || 2 * h->held < h->could)
                continue;
            struct buf name = {0};
            row_name(head, k, r->file->model->tokenizer, &name);
            held[n] = (struct held){.site = head->site, .held = h->held, .could = h->could, .order = n};
            bool ok = buf_ok(&name, err) && arena_str(arena, buf_view(&name), &held[n].name, err);
            buf_free(&name);
            if (!ok)
                return SIZE_MAX;
            for (size_t i = 0; i < n; i++)
                if (str_eq(held[i].name, held[n].name) && held[i].could == h->could) {
                    held[n].order = held[i].order;
                    break;
                }
            n++;
        }
    }
    return n;
}

static bool say_summary(const struct report *r, struct buf *out, struct err *err)
{
    struct arena *arena = arena_new(err);
    struct held *held = mem_new(r->texts->n * MAX_HYPOTHESES, sizeof *held, "a summary", err);
    size_t n = arena && held ? gather_held(r, held, arena, err) : SIZE_MAX, bare = 0;
    if (n != SIZE_MAX) {
        qsort(held, n, sizeof *held, by_hypothesis);
        for (size_t at = 0, some; at < n; at += some) {
            for (some = 1; at + some < n && held[at + some].order == held[at].order &&
                           (held[at + some].held == held[at + some].could) == (held[at].held == held[at].could);)
                some++;
            say_band(held + at, some, out);
        }
        for (size_t s = 0; s < r->texts->n; s++)
            bare += r->texts->heads[s].hypotheses[0].held == r->texts->heads[s].hypotheses[0].could;
        if (!n)
            buf_puts(out, "no hypothesis holds in half of the texts of any head\n");
        if (bare)
            buf_printf(out, "%zu of %zu heads have no column in any text\n", bare, r->texts->n);
    }
    free(held);
    arena_free(arena);
    return n != SIZE_MAX;
}

/* ---- the table ---- */

static bool put_row(const struct report *r, const struct column_texts_head *head, size_t k, struct result *result, struct err *err)
{
    const struct hypothesis *h = &head->hypotheses[k];
    double low, high, could = (double)h->could;
    struct buf name = {0}, site = {0};
    struct cell_value cells[10];
    size_t n = 0;
    buf_puts(&name, r->table || is_alone(head, k) ? "" : "not separable here: ");
    row_name(head, k, r->file->model->tokenizer, &name);
    site_name(head->site, &site);
    wilson_interval(h->held, h->could, &low, &high);
    if (r->table) {
        cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&site)};
    } else {
        cells[n++] = integer(head->site.layer);
        cells[n++] = integer(head->site.head);
    }
    cells[n++] = (struct cell_value){.kind = CELL_TEXT, .text = buf_view(&name)};
    cells[n++] = integer(h->held);
    cells[n++] = integer(h->could);
    cells[n++] = integer(r->options->length);
    cells[n++] = number((double)h->held / could);
    cells[n++] = number(low);
    cells[n++] = number(high);
    cells[n++] = number((double)h->permuted_held / (could * COLUMN_TEXTS_ROUNDS));
    bool ok = buf_ok(&name, err) && buf_ok(&site, err) && result_row(result, cells, n, err);
    buf_free(&name);
    buf_free(&site);
    return ok;
}

/* Rows of a head: what could hold in some text; for a person what held in one. */
static bool put_rows(const struct report *r, const struct column_texts_head *head, struct result *result, struct err *err)
{
    for (size_t k = 0; k < head->n; k++) {
        const struct hypothesis *h = &head->hypotheses[k];
        bool bare = head->n == 1 && h->held == h->could;
        if (h->same_as != k || !h->could || (r->table && (!h->held || bare)))
            continue;
        if (!put_row(r, head, k, result, err))
            return false;
    }
    return true;
}

static bool say(const struct report *r, struct result *result, struct err *err)
{
    const struct column_texts *texts = r->texts;
    const struct column_texts_options *o = r->options;
    struct buf text = {0};
    buf_printf(&text, "%s: texts of exactly %zu tokens%s, longer ones cut (%zu), shorter ones left out (%zu); candidates from %zu "
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
    bool ok = say_summary(r, &text, err);
    buf_printf(&text, "held: the key is a column: ratio n·c_j >= %.3g, cover >= %.3g (%s); low, high: 95 %% interval (Wilson 1927);\n"
                      "permuted: the rate with the keys of each row permuted; A = B: these texts do not tell them apart\n",
               o->rule.ratio, o->rule.cover,
               o->rule.ratio == COLUMN_RATIO && o->rule.cover == COLUMN_COVER ? "gaze's own" : "gaze's own are 3 and 0.667");
    ok = ok && buf_ok(&text, err);
    if (ok && r->table)
        ok = result_text(result, buf_view(&text), err);
    else if (ok)
        result_note(result, "%.*s", (int)notes - 1, text.data);
    buf_free(&text);
    return ok;
}

static bool put(const struct report *r, struct result *result, struct err *err)
{
    if (!result_columns(result, r->table ? "site,hypothesis,held,texts,n,rate,low,high,permuted"
                                         : "layer,head,hypothesis,held,texts,n,rate,low,high,permuted", err) ||
        !say(r, result, err))
        return false;
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
    struct report report = {&texts, &file, &o, strcmp(result_format(result), "table") == 0};
    ok = ok && put(&report, result, err);
    column_texts_free(&texts);
    texts_file_free(&file);
    return ok;
}
