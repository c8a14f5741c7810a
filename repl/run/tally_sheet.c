/* What a scan counted. See tally_sheet.h; the sums are core/measure/tally.h. */
#include "repl/run/tally_sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/hypothesis.h"
#include "core/measure/retention.h"
#include "repl/grammar/call.h"
#include "repl/run/site.h"
#include "repl/run/tally_parts.h"

enum { MOST_CELLS = 8 + SITE_CELLS + 3 * TALLY_MEASURES };

struct sheet {
    const struct session *session;
    const struct call *call;
    const struct tally *tally;
    struct result *result;
    struct site_row row;
    size_t threshold; /* which of tally.h's eps= names */
    bool person;
};

/* ---- a mean over texts ---- */

struct tally_mean tally_mean(struct exact sum, struct exact square, uint64_t n)
{
    struct tally_mean m = {NAN, NAN, NAN};
    if (!n)
        return m;
    double count = (double)n;
    m.value = exact_value(sum) / count;
    if (n < 2)
        return m;
    double variance = fmax(0, exact_value(square) - count * m.value * m.value) / (count - 1);
    double half = student_quantile(0.025, count - 1) * sqrt(variance / count);
    m.low = m.value - half;
    m.high = m.value + half;
    return m;
}

static size_t put_mean(struct tally_mean m, int digits, struct cell_value *cells)
{
    cells[0] = number_cell_or(m.value, digits, STR("-"));
    cells[1] = number_cell_or(m.low, digits, STR("-"));
    cells[2] = number_cell_or(m.high, digits, STR("-"));
    return 3;
}

/* k of n with Wilson's interval; nothing of nothing. */
static size_t put_rate(uint64_t k, uint64_t n, struct cell_value *cells)
{
    double low, high;
    wilson_interval((size_t)k, (size_t)n, &low, &high);
    cells[0] = number_cell_or(n ? (double)k / (double)n : NAN, 3, STR("-"));
    cells[1] = number_cell_or(n ? low : NAN, 3, STR("-"));
    cells[2] = number_cell_or(n ? high : NAN, 3, STR("-"));
    return 3;
}

static size_t put_site(const struct sheet *s, size_t site, struct buf *name, struct cell_value *cells)
{
    if (!s->person)
        return site_cells(s->tally->shape.sites[site], s->row, cells);
    name->n = 0;
    site_name(s->tally->shape.sites[site], name);
    cells[0] = text_cell(buf_view(name));
    return 1;
}

static const char *site_columns(const struct sheet *s)
{
    return s->person ? "site" : site_header(s->row);
}

/* ---- show=heads ---- */

static bool give_heads(const struct sheet *s, struct err *err)
{
    const struct tally *t = s->tally;
    const struct tally_shape *shape = &t->shape;
    struct buf header = {0}, name = {0};
    buf_printf(&header, "%s,texts,not_finite,sink,sink_low,sink_high", site_columns(s));
    for (size_t m = 0; m < shape->n_measures; m++)
        buf_printf(&header, s->person ? ",%s" : ",%s,%s_low,%s_high", shape->measures[m], shape->measures[m], shape->measures[m]);
    bool ok = buf_ok(&header, err) && result_columns(s->result, buf_cstr(&header), err);
    buf_free(&header);
    for (size_t i = 0; ok && i < shape->n_sites; i++) {
        const struct tally_cell *first = &t->cells[i * tally_places(t)];
        struct cell_value cells[MOST_CELLS];
        size_t n = put_site(s, i, &name, cells);
        cells[n++] = int_cell((long long)t->texts);
        cells[n++] = int_cell((long long)t->not_finite[i]);
        n += put_rate(first->over[s->threshold], first->n, cells + n);
        for (size_t m = 0; m < shape->n_measures; m++) {
            const struct tally_value *v = &t->values[i * shape->n_measures + m];
            size_t put = put_mean(tally_mean(v->sum, v->square, v->n), 3, cells + n);
            n += s->person ? 1 : put;
        }
        ok = buf_ok(&name, err) && result_row(s->result, cells, n, err);
    }
    buf_free(&name);
    return ok;
}

/* ---- show=index ---- */

static bool give_index(const struct sheet *s, struct err *err)
{
    const struct tally *t = s->tally;
    struct buf header = {0}, name = {0};
    buf_printf(&header, "%s,from,index,texts,mass,mass_low,mass_high,ratio,columns,columns_low,columns_high,sink,sink_low,sink_high",
               site_columns(s));
    bool ok = buf_ok(&header, err) && result_columns(s->result, buf_cstr(&header), err);
    buf_free(&header);
    for (size_t i = 0; ok && i < t->shape.n_sites; i++)
        for (size_t k = 0; ok && k < tally_places(t); k++) {
            const struct tally_cell *c = &t->cells[i * tally_places(t) + k];
            struct cell_value cells[MOST_CELLS];
            size_t n = put_site(s, i, &name, cells);
            bool end = k >= t->shape.places;
            if (!c->n)
                continue;
            cells[n++] = text_cell(end ? STR("end") : STR("start"));
            cells[n++] = int_cell((long long)(end ? k - t->shape.places : k));
            cells[n++] = int_cell((long long)c->n);
            n += put_mean(tally_mean(c->mass, c->square, c->n), 3, cells + n);
            cells[n++] = number_cell(exact_value(c->ratio) / (double)c->n, 3);
            n += put_rate(c->columns, c->n, cells + n);
            n += put_rate(c->over[s->threshold], c->n, cells + n);
            ok = buf_ok(&name, err) && result_row(s->result, cells, n, err);
        }
    buf_free(&name);
    return ok;
}

/* ---- show=tokens ---- */

struct token_row {
    const struct tally_token *token;
    size_t id, site;
    double share; /* of its occurrences, where it is a column */
};

static int by_columns(const void *a, const void *b)
{
    const struct token_row *x = a, *y = b;
    uint64_t k = x->token->keys[x->site].columns, l = y->token->keys[y->site].columns;
    if (k != l)
        return k > l ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->site < y->site ? -1 : x->site > y->site;
}

static bool put_token(const struct sheet *s, const struct token_row *row, struct buf *name, struct err *err)
{
    const struct tally_key *k = &row->token->keys[row->site];
    struct cell_value cells[MOST_CELLS] = {text_cell((struct str){row->token->string, row->token->bytes}), int_cell((long long)row->id),
                                           int_cell((long long)row->token->special)};
    size_t n = 3 + put_site(s, row->site, name, cells + 3);
    cells[n++] = int_cell((long long)k->n);
    cells[n++] = number_cell(exact_value(k->mass) / (double)k->n, 3);
    cells[n++] = number_cell(exact_value(k->ratio) / (double)k->n, 3);
    n += put_rate(k->columns, k->n, cells + n);
    return buf_ok(name, err) && result_row(s->result, cells, n, err);
}

/* For machines every token and head, in the order of ids; for a person those that are columns most often. */
static bool give_tokens(const struct sheet *s, struct err *err)
{
    const struct tally *t = s->tally;
    struct buf header = {0}, name = {0};
    struct token_row *rows = NULL;
    size_t n = 0, capacity = 0, top = s->person ? (size_t)call_int(s->call, "top") : SIZE_MAX;
    buf_printf(&header, "token,id,special,%s,occurrences,mass,ratio,columns,columns_low,columns_high", site_columns(s));
    bool ok = buf_ok(&header, err) && result_columns(s->result, buf_cstr(&header), err);
    buf_free(&header);
    for (size_t id = 0; ok && id < t->n_ids; id++)
        for (size_t i = 0; ok && t->by_id[id] && i < t->shape.n_sites; i++) {
            struct token_row row = {.token = t->by_id[id], .id = id, .site = i};
            if (!row.token->keys[i].n)
                continue;
            if (!s->person)
                ok = put_token(s, &row, &name, err);
            else if ((ok = mem_grow((void **)&rows, &capacity, n + 1, sizeof *rows, "tokens of a scan", err)))
                rows[n++] = row;
        }
    if (n)
        qsort(rows, n, sizeof *rows, by_columns);
    for (size_t i = 0; ok && i < n && i < top; i++)
        ok = put_token(s, &rows[i], &name, err);
    free(rows);
    buf_free(&name);
    return ok;
}

/* ---- show=sinks: the rate against the threshold ---- */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All heads together: over texts, and the 2.5 % and 97.5 % of the replicates. */
static struct tally_mean all_heads(const struct tally_sinks *k, size_t e, double *low_out, double *high_out)
{
    struct tally_mean m = {NAN, NAN, NAN};
    double rates[TALLY_REPLICATES], texts = (double)k->texts, sites = (double)k->sites;
    size_t n = 0;
    *low_out = *high_out = NAN;
    if (!k->texts || !k->sites)
        return m;
    double mean = (double)k->over[e] / texts;
    m.value = mean / sites;
    if (k->texts > 1) {
        double variance = fmax(0, (double)k->square[e] - texts * mean * mean) / (texts - 1);
        double half = student_quantile(0.025, texts - 1) * sqrt(variance / texts) / sites;
        m.low = fmax(0, m.value - half);
        m.high = fmin(1, m.value + half);
    }
    for (size_t b = 0; b < TALLY_REPLICATES; b++)
        if (k->drawn[b])
            rates[n++] = (double)k->drawn_over[b][e] / ((double)k->drawn[b] * sites);
    qsort(rates, n, sizeof *rates, by_number);
    if (n > 1) {
        *low_out = rates[(size_t)(0.025 * (double)(n - 1) + 0.5)];
        *high_out = rates[(size_t)(0.975 * (double)(n - 1) + 0.5)];
    }
    return m;
}

static bool give_sinks(const struct sheet *s, struct err *err)
{
    const struct tally *t = s->tally;
    struct buf header = {0}, name = {0};
    buf_printf(&header, "%s,eps,texts,sink,sink_low,sink_high,bootstrap_low,bootstrap_high", site_columns(s));
    bool ok = buf_ok(&header, err) && result_columns(s->result, buf_cstr(&header), err);
    buf_free(&header);
    for (size_t e = 0; ok && e < TALLY_THRESHOLDS; e++) {
        struct cell_value cells[MOST_CELLS] = {0};
        size_t n = s->person ? 1 : site_cells((struct site){0}, (struct site_row){s->row.stack, true, true}, cells);
        double low, high;
        if (s->person)
            cells[0] = text_cell(STR("all heads"));
        else if (s->row.stack)
            cells[0] = (struct cell_value){.kind = CELL_NONE};
        cells[n++] = number_cell(TALLY_THRESHOLD(e), 1);
        cells[n++] = int_cell((long long)t->sinks->texts);
        n += put_mean(all_heads(t->sinks, e, &low, &high), 4, cells + n);
        cells[n++] = number_cell_or(low, 4, STR("-"));
        cells[n++] = number_cell_or(high, 4, STR("-"));
        ok = result_row(s->result, cells, n, err);
    }
    for (size_t i = 0; ok && i < t->shape.n_sites; i++)
        for (size_t e = 0; ok && e < TALLY_THRESHOLDS; e++) {
            const struct tally_cell *first = &t->cells[i * tally_places(t)];
            struct cell_value cells[MOST_CELLS] = {0};
            size_t n = put_site(s, i, &name, cells);
            cells[n++] = number_cell(TALLY_THRESHOLD(e), 1);
            cells[n++] = int_cell((long long)first->n);
            n += put_rate(first->over[e], first->n, cells + n);
            cells[n++] = (struct cell_value){.kind = CELL_NONE, .text = STR("-")};
            cells[n++] = (struct cell_value){.kind = CELL_NONE, .text = STR("-")};
            ok = buf_ok(&name, err) && result_row(s->result, cells, n, err);
        }
    buf_free(&name);
    return ok;
}

/* ---- all of it ---- */

static void say_corpus(const struct tally *t, struct buf *out)
{
    for (size_t i = 0; i < t->n_pieces && i < 4; i++) {
        const struct tally_piece *p = &t->pieces[i];
        buf_printf(out, "%s%s", i ? ", " : "", p->corpus);
        if (p->from || p->to < p->size)
            buf_printf(out, " (bytes %llu to %llu of %llu)", (unsigned long long)p->from, (unsigned long long)p->to, (unsigned long long)p->size);
    }
    if (t->n_pieces > 4)
        buf_printf(out, ", … (%zu pieces)", t->n_pieces);
    buf_printf(out, ": %llu text%s", (unsigned long long)t->texts, t->texts == 1 ? "" : "s");
    if (t->texts)
        buf_printf(out, " of %llu to %llu tokens (%llu in all)", (unsigned long long)t->shortest, (unsigned long long)t->longest,
                   (unsigned long long)t->tokens);
    if (t->counts.cut)
        buf_printf(out, ", %zu cut to %zu", t->counts.cut, t->shape.length);
    if (t->counts.skipped)
        buf_printf(out, "; %zu of fewer than %zu left out", t->counts.skipped, t->shape.shortest);
    if (t->counts.bad)
        buf_printf(out, "; %zu that are no UTF-8 or do not run passed over, the first in line %zu", t->counts.bad, t->counts.bad_line);
    if (!t->complete)
        buf_puts(out, "; not complete");
    buf_char(out, '\n');
}

static bool say(const struct sheet *s, struct err *err)
{
    const struct tally *t = s->tally;
    struct buf text = {0};
    double low, high;
    size_t e = s->threshold;
    say_corpus(t, &text);
    size_t notes = text.n;
    struct tally_mean m = all_heads(t->sinks, e, &low, &high);
    if (t->sinks->texts == 1)
        buf_printf(&text, "sink rate at eps = %.1f: %.4f of heads x texts; one text has no interval\n", TALLY_THRESHOLD(e), m.value);
    else if (t->sinks->texts)
        buf_printf(&text,
                   "sink rate at eps = %.1f: %.4f [%.4f, %.4f] of heads x texts (texts vary; their Poisson bootstrap, seed %llu: [%.4f, %.4f])\n",
                   TALLY_THRESHOLD(e), m.value, m.low, m.high, (unsigned long long)t->shape.seed, low, high);
    buf_puts(&text, "sink: share of texts in which α of the first key (of that index), the mean over queries that may see it, exceeds eps= (Gu et "
                    "al. 2024, arXiv 2410.10781, causal maps); columns: share in which n·c_j >= 3 and cover >= 2/3 (gaze's own); rates: Wilson's "
                    "95 % interval; means over texts: Student's t\n");
    bool ok = buf_ok(&text, err);
    if (ok && s->person)
        ok = result_prose(s->result, buf_view(&text), err);
    else if (ok)
        result_note(s->result, "%.*s", (int)notes - 1, buf_cstr(&text));
    buf_free(&text);
    return ok;
}

bool tally_give(const struct session *session, const struct call *call, const struct tally *tally, struct result *result,
                struct err *err)
{
    static const struct {
        const char *name;
        bool (*give)(const struct sheet *sheet, struct err *err);
    } sheets[] = {{"heads", give_heads}, {"index", give_index}, {"tokens", give_tokens}, {"sinks", give_sinks}};
    const struct sites sites = {.site = tally->shape.sites, .n = tally->shape.n_sites};
    long eps = lround(call_float(call, "eps") * 10);
    struct sheet s = {session, call, tally, result, {.stack = sites_tell_stack(sites.site, sites.n)}, (size_t)eps - 1, strcmp(result_format(result), "table") == 0};
    if (fabs(call_float(call, "eps") * 10 - (double)eps) > 1e-9) {
        err_set(err, ERR_ARG, "sinks are counted at eps = 0.1, 0.2 … 0.9");
        return call_blame_option(call, "eps", err);
    }
    if (result_wants_figure(result))
        return tally_give_picture(session, call, tally, result, err);
    if (!result_wants_rows(result) && result_wants_tensors(result))
        return tally_give_tensors(tally, result, err);
    size_t i = 0;
    while (i < 3 && !str_is(call_str(call, "show"), sheets[i].name))
        i++;
    return say(&s, err) && sheets[i].give(&s, err);
}
