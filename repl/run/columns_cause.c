/* `columns cause`. See columns_cause.h; the cross is core/measure/column_cause.c. */
#include "repl/run/columns_cause.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/column_cause.h"
#include "core/measure/outliers.h"
#include "repl/run/columns_frequency.h"
#include "repl/run/columns_test.h"
#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

const char *columns_cause_word(const struct cause_row *row)
{
    static const char *const words[] = {[CAUSE_UNDECIDED] = "undecided", [CAUSE_CARRIES] = "carries", [CAUSE_LEAVES] = "leaves"};
    return row->passes ? words[row->word] : NULL;
}

static int by_number(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* dims= of the call, in order and each once. */
static bool given_dims(const struct call *call, const struct model *model, float *out, size_t *n_out, struct err *err)
{
    size_t n = call_ids_count(call, "dims");
    int32_t *ids = mem_new(n, sizeof *ids, "dimensions", err);
    bool ok = ids && call_ids(call, "dims", ids, err);
    *n_out = 0;
    for (size_t i = 0; ok && i < n; i++) {
        bool known = false;
        if ((size_t)ids[i] >= model->E) {
            err_set(err, ERR_ARG, "dimension %d: %s is %zu wide (0 to %zu)", ids[i], model->name, model->E, model->E - 1);
            ok = call_blame_option(call, "dims", err);
            break;
        }
        for (size_t k = 0; k < *n_out && !known; k++)
            known = out[k] == (float)ids[i];
        if (!known)
            out[(*n_out)++] = (float)ids[i];
    }
    free(ids);
    qsort(out, *n_out, sizeof *out, by_number);
    return ok;
}

/* Those that the rule of weights finds (outliers.h). */
static bool found_dims(const struct model *model, float *out, size_t *n_out, struct err *err)
{
    size_t L = model->stacks[STACK_MAIN].layers, E = model->E;
    unsigned char *weight = mem_new(2 * L * E, 1, "outliers", err), *bias = weight ? weight + L * E : NULL;
    const char *name;
    *n_out = 0;
    if (!weight)
        return false;
    outliers_of_weights(model, STACK_MAIN, weight, bias, &name);
    for (size_t d = 0; d < E; d++) {
        size_t w = 0, b = 0;
        for (size_t l = 0; l < L; l++) {
            w += weight[l * E + d];
            b += bias[l * E + d];
        }
        if (4 * w > L || 4 * b > L)
            out[(*n_out)++] = (float)d;
    }
    free(weight);
    return *n_out || err_set(err, ERR_NOT_FOUND, "no dimension of %s is out by the rule of weights (outliers): dims= says which are zeroed", model->name);
}

/* ---- what stands above the table ---- */

static void say_design(const struct column_cause_options *o, const struct column_cause *c, bool given, struct buf *out)
{
    columns_put_taken(&o->test, (struct columns_taken){c->chosen_on, c->measured_on, c->cut, c->skipped, c->again}, out);
    buf_printf(out, "zeroed: dimension%s ", o->dims.n > 1 ? "s" : "");
    for (size_t i = 0; i < o->dims.n; i++)
        buf_printf(out, "%s%.0f", i ? "," : "", (double)o->dims.dim[i]);
    buf_printf(out, "%s; controls: %zu random set%s of as many, and random sets that hold as much of the sum of squares there (within 5 %%)\n",
               given ? "" : " (out by the rule of weights: outliers)", o->random, o->random == 1 ? "" : "s");
    if (!c->n) {
        buf_printf(out, "none of %zu head%s has a column (ratio n·c_j >= %.3g, cover >= %.3g) at an end or between in half of the texts\n", o->test.n_sites, o->test.n_sites == 1 ? "" : "s",
                   o->test.rule.ratio, o->test.rule.cover);
        return;
    }
    if (c->loss_of) {
        buf_printf(out, "loss of %s, nats: as it is %.2f; zeroed in", c->loss_of, c->loss);
        for (size_t k = 0; k < CAUSE_ROWS_KINDS; k++)
            if (isfinite(c->loss_zeroed[k]))
                buf_printf(out, " %s %.2f%s", rows_kind_name(cause_rows[k]), c->loss_zeroed[k],
                           c->loss_zeroed[k] - c->loss > 1 ? " (broken: decides nothing)" : "");
        buf_char(out, '\n');
    } else {
        buf_puts(out, "no head for words here: whether the model still works is not known\n");
    }
}

static void say_token(const struct column_cause_options *o, const struct column_cause *c, enum column_place place, struct buf *out)
{
    buf_puts(out, columns_place_name(place));
    if (place != PLACE_INNER && c->token[place] >= 0) {
        buf_puts(out, " (");
        buf_str(out, tokenizer_string(o->test.model->tokenizer, c->token[place]));
        buf_char(out, ')');
    }
}

/* Of each end: what carries its columns, what leaves them. */
static void say_words(const struct column_cause_options *o, const struct column_cause *c, struct buf *out)
{
    for (size_t p = 0; p < CAUSE_PLACES; p++) {
        if (!c->heads[p])
            continue;
        say_token(o, c, (enum column_place)p, out);
        buf_printf(out, ", %zu head%s: ", c->heads[p], c->heads[p] == 1 ? "" : "s");
        for (int word = CAUSE_CARRIES; word >= CAUSE_UNDECIDED; word--) {
            size_t n = 0;
            for (size_t i = 0; i < c->n; i++)
                if (c->row[i].place == (enum column_place)p && c->row[i].passes && c->row[i].word == (enum cause_word)word)
                    buf_printf(out, "%s%s", n++ ? ", " : word == CAUSE_CARRIES ? "carried by them in " : "undecided in ",
                               rows_kind_name(c->row[i].rows));
            buf_puts(out, n ? "; " : "");
        }
        size_t left = 0;
        for (size_t i = 0; i < c->n; i++)
            if (c->row[i].place == (enum column_place)p && c->row[i].passes && c->row[i].word == CAUSE_LEAVES)
                buf_printf(out, "%s%s", left++ ? ", " : "left as they are without them in ", rows_kind_name(c->row[i].rows));
        while (out->n && (out->data[out->n - 1] == ' ' || out->data[out->n - 1] == ';'))
            out->n--;
        buf_char(out, '\n');
    }
}

static bool say(const struct column_cause_options *o, const struct column_cause *c, const struct texts_file *file, bool given,
                struct result *result, struct err *err)
{
    struct buf text = {0};
    say_design(o, c, given, &text);
    if (file->left_out)
        buf_printf(&text, "%zu heads whose keys are not the text's tokens are left out\n", file->left_out);
    if (c->n) {
        say_words(o, c, &text);
        buf_printf(&text, "columns: of all %zu heads x %zu texts, before and after (help columns)\n", o->test.n_sites, c->measured_on);
        buf_puts(&text, "ρ: how much of the chosen heads' n·c - 1 stays, 90 % interval (Fieller 1954); random, matched: ρ of control sets, 5th to 95th percentile\n");
        buf_printf(&text, "carries: upper bound below %g, matched sets in [%g, %g]; leaves: in [%g, %g] (two one-sided tests, 5 %%, Schuirmann 1987)\n",
                   RETENTION_LOST, RETENTION_LOW, RETENTION_HIGH, RETENTION_LOW, RETENTION_HIGH);
        buf_printf(&text, "ln: change of the log excess (at least %g), 95 %% interval by Student's t; x token, x place: ln less that with the token "
                          "replaced, with the place vacant\n",
                   CAUSE_FLOOR);
        buf_puts(&text, "the question is that of Luo et al. 2021 and Puccetti et al. 2022; cross, margins and words are gaze's own\n");
    }
    bool ok = result_say(result, &text, err);
    buf_free(&text);
    return ok;
}

/* ---- the table ---- */

/* "0.32 [0.29, 0.35]", "-" where it is not a number. */
static bool interval(double value, double low, double high, struct arena *arena, struct cell_value *out, struct err *err)
{
    struct buf text = {0};
    if (isfinite(value))
        buf_printf(&text, isfinite(low) && isfinite(high) ? "%.2f [%.2f, %.2f]" : "%.2f", value, low, high);
    else
        buf_puts(&text, "-");
    bool ok = buf_ok(&text, err) && arena_str(arena, buf_view(&text), &out->text, err);
    out->kind = CELL_TEXT;
    buf_free(&text);
    return ok;
}

static bool put_table_row(const struct cause_row *r, struct arena *arena, struct result *result, struct err *err)
{
    struct cell_value cells[16];
    struct str columns = {0};
    struct buf text = {0};
    size_t n = 0;
    bool ok = true;
    if (r->passes)
        buf_printf(&text, "%zu \u2192 %zu", r->columns_before, r->columns);
    else
        buf_puts(&text, "no such rows");
    ok = buf_ok(&text, err) && arena_str(arena, buf_view(&text), &columns, err);
    buf_free(&text);
    cells[n++] = text_cell(str_of(columns_place_name(r->place)));
    cells[n++] = text_cell(str_of(rows_kind_name(r->rows)));
    cells[n++] = text_cell(columns);
    cells[n++] = number_cell_or(r->passes ? 100 * r->squares : NAN, 1, STR("-"));
    double none = NAN;
    const struct cause_mean missing = {none, none, none};
    ok = ok && interval(r->passes ? r->rho.value : none, r->rho.low, r->rho.high, arena, &cells[n], err);
    n++;
    const struct cause_controls *controls[] = {&r->random, &r->matched};
    for (size_t i = 0; ok && i < 2; i++, n++)
        ok = interval(r->passes && controls[i]->sets ? controls[i]->mean : none, controls[i]->low, controls[i]->high, arena, &cells[n], err);
    const struct cause_mean *means[] = {&r->log_change[0], &r->with_token, &r->with_place};
    for (size_t i = 0; ok && i < 3; i++, n++) {
        const struct cause_mean *m = r->passes ? means[i] : &missing;
        ok = interval(m->mean, m->low, m->high, arena, &cells[n], err);
    }
    cells[n++] = text_cell(r->passes ? str_of(columns_cause_word(r)) : STR("-"));
    return ok && result_row(result, cells, n, err);
}

static const char header_table[] = "place,zeroed in,columns,% of squares,ρ,random,matched,ln,ln x token,ln x place,word";
static const char header_rows[] =
    "place,in,heads,squares,columns_before,columns,rho,rho_low,rho_high,p_fails,p_holds,"
    "random_sets,random_rho,random_low,random_high,random_least,random_most,"
    "matched_sets,matched_dims,matched_rho,matched_low,matched_high,matched_least,matched_most,"
    "ln,ln_low,ln_high,ln_replaced,ln_vacant,ln_both,x_token,x_token_low,x_token_high,x_place,x_place_low,x_place_high,loss,loss_zeroed,word";

static size_t put_number(double value, struct cell_value *out)
{
    *out = number_cell_or(isfinite(value) ? value : NAN, 6, STR("-"));
    return 1;
}

static size_t put_mean(const struct cause_mean *m, struct cell_value *out)
{
    return put_number(m->mean, out) + put_number(m->low, out + 1) + put_number(m->high, out + 2);
}

static bool put_machine_row(const struct column_cause *c, const struct cause_row *r, struct result *result, struct err *err)
{
    struct cell_value cells[48];
    size_t n = 0, kind = 0;
    while (cause_rows[kind] != r->rows)
        kind++;
    cells[n++] = text_cell(str_of(columns_place_name(r->place)));
    cells[n++] = text_cell(str_of(rows_kind_name(r->rows)));
    cells[n++] = int_cell((long long)c->heads[r->place]);
    if (!r->passes) {
        while (n < 39)
            cells[n++] = (struct cell_value){.kind = CELL_NONE};
        return result_row(result, cells, n, err);
    }
    n += put_number(r->squares, cells + n);
    cells[n++] = int_cell((long long)r->columns_before);
    cells[n++] = int_cell((long long)r->columns);
    const double rho[] = {r->rho.value, r->rho.low, r->rho.high, r->rho.fails, r->rho.holds};
    for (size_t i = 0; i < 5; i++)
        n += put_number(rho[i], cells + n);
    for (size_t i = 0; i < 2; i++) {
        const struct cause_controls *k = i ? &r->matched : &r->random;
        struct cell_value none = {.kind = CELL_NONE};
        cells[n++] = int_cell((long long)k->sets);
        if (i)
            cells[n++] = k->sets ? int_cell((long long)k->dims) : none;
        n += put_number(k->sets ? k->mean : NAN, cells + n);
        n += put_number(k->sets ? k->low : NAN, cells + n);
        n += put_number(k->sets ? k->high : NAN, cells + n);
        cells[n++] = k->sets ? int_cell((long long)k->least) : none;
        cells[n++] = k->sets ? int_cell((long long)k->most) : none;
    }
    n += put_mean(&r->log_change[0], cells + n);
    for (size_t i = 1; i < CAUSE_CELLS; i++)
        n += put_number(r->log_change[i].mean, cells + n);
    n += put_mean(&r->with_token, cells + n);
    n += put_mean(&r->with_place, cells + n);
    n += put_number(c->loss, cells + n);
    n += put_number(c->loss_zeroed[kind], cells + n);
    cells[n++] = text_cell(str_of(columns_cause_word(r)));
    return result_row(result, cells, n, err);
}

static bool put(const struct column_cause *c, bool table, struct result *result, struct err *err)
{
    struct arena *arena = arena_new(err);
    bool ok = arena != NULL;
    for (size_t p = 0; ok && p < CAUSE_PLACES; p++)
        for (size_t i = 0; ok && i < c->n; i++)
            if (c->row[i].place == (enum column_place)p)
                ok = table ? put_table_row(&c->row[i], arena, result, err) : put_machine_row(c, &c->row[i], result, err);
    arena_free(arena);
    return ok;
}

bool columns_cause(struct session *session, const struct call *call, const struct column_rule *rule, struct result *result, struct err *err)
{
    struct column_cause cause = {0};
    struct texts_file file;
    struct progress progress;
    bool table = strcmp(result_format(result), "table") == 0, given = call_given(call, "dims");
    if (!texts_file_open(session, call, &file, err))
        return false;
    float *dims = mem_new(file.model->E + (given ? call_ids_count(call, "dims") : 0), sizeof *dims, "dimensions", err);
    struct watch watch = progress_begin(&progress, session, "passes");
    struct column_cause_options o = {.dims = {.dim = dims},
                                     .random = (size_t)call_int(call, "controls"),
                                     .matched = ((size_t)call_int(call, "controls") + 4) / 5,
                                     .test = columns_test_options(call, &file, rule, &watch)};
    bool ok = dims && (given ? given_dims(call, file.model, dims, &o.dims.n, err) : found_dims(file.model, dims, &o.dims.n, err));
    if (ok && call_given(call, "freq")) {
        progress_end(&progress);
        ok = columns_frequency(session, call, &file, &o.dims, result, err);
        free(dims);
        texts_file_free(&file);
        return ok;
    }
    ok = ok && column_cause(&o, &cause, err);
    progress_end(&progress);
    bool figure = result_wants_figure(result);
    ok = ok && (figure || (result_columns(result, table ? header_table : header_rows, err) && say(&o, &cause, &file, given, result, err) &&
                           put(&cause, table, result, err)));
    if (ok && figure && !cause.n)
        ok = err_set(err, ERR_NOT_FOUND, "no head has a column in half of the texts: there is nothing to draw");
    if (ok && cause.n && result_wants_picture(result))
        ok = columns_cause_draw(session, call, file.model, &cause, result, err);
    free(dims);
    texts_file_free(&file);
    return ok;
}
