/* `columns does`. See columns_does.h; the numbers are core/measure/column_does.c's. */
#include "repl/run/columns_does.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/forward.h"
#include "core/measure/column_does.h"
#include "repl/run/site.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

struct sheet {
    struct column_does does;
    struct model *model; /* of texts; NULL: opened from a file of tensors */
    size_t skipped;
    bool table;
};

/* ---- texts ---- */

static bool add_texts(struct session *session, const struct call *call, const struct column_rule *rule, struct texts_file *file, struct sheet *s,
                      struct err *err)
{
    struct progress progress;
    size_t all = (size_t)call_int(call, "n");
    struct watch watch = progress_begin(&progress, session, "texts");
    struct scan_lines lines = {.rest = file->scan.lines};
    struct str line;
    bool ok = does_new(s->model, file->sites.site, file->sites.n, &s->does, err);
    while (ok && s->does.texts < all && scan_next_line(&lines, &line)) {
        struct encoding text;
        bool cut;
        ok = scan_encode(&file->scan, line, &text, &cut, err) || err_prefix(err, "%s:%zu: ", file->path, lines.line);
        if (ok && text.n < file->scan.length) {
            s->skipped++;
            encoding_free(&text);
            continue;
        }
        struct run *run = ok ? run_one(s->model, &text, NULL, err) : NULL;
        ok = run && does_add(&s->does, run, rule, err) && (!cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled"));
        run_free(run);
        watch.progress(watch.context, s->does.texts, all);
    }
    progress_end(&progress);
    return ok;
}

/* Heads of one run whose keys are the text's own tokens. */
static size_t own_sites(const struct run *run, struct sites *sites)
{
    size_t n = 0;
    for (size_t i = 0; i < sites->n; i++) {
        const struct attention *a = run_attention(run, sites->site[i], NULL);
        if (a && a->keys == run->tokens)
            sites->site[n++] = sites->site[i];
    }
    return n;
}

/* ---- what stands above the table ---- */

static void say_dims(const struct sheet *s, enum column_place place, struct buf *out)
{
    enum { NAMED = 8 };
    const struct does_dims *dims = &s->does.dims[place];
    size_t n = 0;
    buf_printf(out, "\noutlier dimensions at the %s token (6 σ, in half of the texts):", place == PLACE_START ? "first" : "last");
    for (size_t d = 0; d < s->does.E; d++)
        if (dims->texts[d] && 2 * dims->texts[d] >= s->does.texts && n++ < NAMED)
            buf_printf(out, "%s %zu from state %zu", n > 1 ? "," : "", d, dims->first[d]);
    buf_puts(out, n > NAMED ? ", \u2026" : n ? "" : " none");
}

static void say_massive(const struct sheet *s, struct buf *out)
{
    enum { NAMED = 6 };
    const struct column_does *d = &s->does;
    buf_printf(out, "massive activations, |h| > %g and > %g x the median |h| of the state (Sun et al. 2024), in %zu states, 0 the embeddings: ",
               DOES_MASSIVE, DOES_MASSIVE_MEDIANS, d->states);
    for (size_t i = 0; i < d->n_massive && i < NAMED; i++) {
        const struct massive *m = &d->massive[i];
        struct buf token = {0};
        if (s->model && s->model->tokenizer)
            buf_str(&token, tokenizer_string(s->model->tokenizer, m->token));
        buf_printf(out, "%sdimension %zu at index %zu (%.*s), states %zu to %zu, in %zu text%s, up to %.4g = %.4g medians", i ? "; " : "", m->dim,
                   m->index, STR_ARGS(buf_view(&token)), m->first, m->last, m->texts, m->texts == 1 ? "" : "s", m->value, m->medians);
        buf_free(&token);
    }
    if (!d->n_massive)
        buf_printf(out, "none; the largest |h| is %.4g = %.4g medians", d->largest, d->largest_medians);
    else if (d->n_massive > NAMED)
        buf_printf(out, "; and %zu more", d->n_massive - NAMED);
}

static bool say(const struct sheet *s, const struct texts_file *file, const struct column_rule *rule, struct result *result, struct err *err)
{
    struct buf text = {0};
    size_t rows = 0;
    for (size_t i = 0; i < s->does.n_sites * DOES_PLACES; i++)
        rows += s->does.rows[i].columns > 0;
    if (file)
        buf_printf(&text, "%s: %zu texts of exactly %zu tokens (%zu shorter left out)\n", file->path, s->does.texts, file->scan.length, s->skipped);
    say_massive(s, &text);
    say_dims(s, PLACE_START, &text);
    say_dims(s, PLACE_END, &text);
    buf_char(&text, '\n');
    if (s->does.not_finite)
        buf_printf(&text, "maps that are not finite, left out: %zu\n", s->does.not_finite);
    if (!rows)
        buf_printf(&text, "no key of %zu heads is a column: ratio n·c_j >= %.3g and cover >= %.3g\n", s->does.n_sites, rule->ratio, rule->cover);
    else
        buf_printf(&text, "value: ‖f_h(x_j)‖ over the other tokens' median; rank: ‖Z‖_F²/‖Z‖₂² of the head's output, with the column and without "
                          "(Fesser et al. 2026, of vision transformers); cosine of values between columns; nop: value < %g; constant: cosine >= %g; "
                          "broadcast: rank < %g of that without (thresholds gaze's own)\n",
                   DOES_NOP, DOES_CONSTANT, DOES_BROADCAST);
    bool ok = result_say(result, &text, err);
    buf_free(&text);
    return ok;
}

/* ---- the table ---- */

static bool put_row(const struct sheet *s, struct site site, struct site_row site_row, enum column_place place, const struct does_row *r,
                    struct result *result, struct err *err)
{
    static const char *const places[] = {[PLACE_START] = "start", [PLACE_END] = "end", [PLACE_INNER] = "inner"};
    struct buf name = {0};
    struct cell_value cells[SITE_CELLS + 12];
    size_t n = 0;
    site_name(site, &name);
    if (s->table)
        cells[n++] = text_cell(buf_view(&name));
    else
        n = site_cells(site, site_row, cells);
    cells[n++] = text_cell(str_of(places[place]));
    cells[n++] = int_cell((long long)r->columns);
    cells[n++] = int_cell((long long)r->texts);
    cells[n++] = number_cell(r->mass, 3);
    const double numbers[] = {r->value, r->rank, r->rank_without, r->cosine};
    for (size_t i = 0; i < 4; i++)
        cells[n++] = number_cell_or(numbers[i], i == 3 ? 3 : 2, STR("-"));
    cells[n++] = text_cell(str_of(does_word(r)));
    bool ok = buf_ok(&name, err) && result_row(result, cells, n, err);
    buf_free(&name);
    return ok;
}

static bool put(const struct sheet *s, const struct sites *sites, struct result *result, struct err *err)
{
    struct site_row site_row = {.stack = sites_tell_stack(sites->site, sites->n)};
    bool ok = true;
    for (size_t p = 0; ok && p < DOES_PLACES; p++)
        for (size_t i = 0; ok && i < s->does.n_sites; i++)
            if (s->does.rows[i * DOES_PLACES + p].columns)
                ok = put_row(s, s->does.sites[i], site_row, (enum column_place)p, &s->does.rows[i * DOES_PLACES + p], result, err);
    return ok;
}

static bool give(struct sheet *s, const struct texts_file *file, const struct sites *sites, const struct column_rule *rule, struct result *result,
                 struct err *err)
{
    struct buf header = {0};
    struct site_row site_row = {.stack = sites_tell_stack(sites->site, sites->n)};
    does_finish(&s->does);
    buf_printf(&header, "%s,place,columns,texts,mass,value,rank,rank_without,cosine,word", s->table ? "site" : site_header(site_row));
    bool ok = buf_ok(&header, err) && result_columns(result, buf_cstr(&header), err) && say(s, file, rule, result, err) && put(s, sites, result, err);
    buf_free(&header);
    return ok;
}

static bool of_run(struct session *session, const struct call *call, const struct column_rule *rule, struct sheet *s, struct result *result,
                   struct err *err)
{
    struct kept_run **runs = NULL;
    struct sites sites = {0};
    size_t n_runs;
    bool ok = select_runs(session, call, &runs, &n_runs, err);
    if (ok && !(s->model = session_model_of(session, runs[0]->run)))
        ok = err_set(err, ERR_ARG, "@%zu was opened from a file of tensors: what its heads add is not known", runs[0]->number);
    ok = ok && select_sites(session, call, runs[0], SELECT_ALL, &sites, err);
    if (ok && !(sites.n = own_sites(runs[0]->run, &sites)))
        ok = err_set(err, ERR_ARG, "none of these heads has the text's tokens as its keys");
    ok = ok && does_new(s->model, sites.site, sites.n, &s->does, err) && does_add(&s->does, runs[0]->run, rule, err) &&
         give(s, NULL, &sites, rule, result, err);
    sites_free(&sites);
    free(runs);
    return ok;
}

bool columns_does(struct session *session, const struct call *call, const struct column_rule *rule, struct result *result, struct err *err)
{
    struct sheet s = {.table = strcmp(result_format(result), "table") == 0};
    struct texts_file file;
    bool ok;
    if (!call_given(call, "texts")) {
        ok = of_run(session, call, rule, &s, result, err);
    } else {
        if (!texts_file_open(session, call, &file, err))
            return false;
        s.model = file.model;
        ok = add_texts(session, call, rule, &file, &s, err) && give(&s, &file, &file.sites, rule, result, err);
        texts_file_free(&file);
    }
    does_free(&s.does);
    return ok;
}
