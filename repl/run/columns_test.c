/* `columns test`. See columns_test.h; the test is core/measure/column_test.c. */
#include "repl/run/columns_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "repl/run/texts_file.h"
#include "repl/terminal/progress.h"

static const char header_table[] = "site,place,texts,n·c,token replaced,place vacant,both,verdict,p";
static const char header_rows[] =
    "place,index,token,chosen,ratio,p_exists,"
    "replaced,replaced_low,replaced_high,replaced_p_holds,replaced_p_holds_wide,replaced_p_fails,replaced_jsd,"
    "vacant,vacant_low,vacant_high,vacant_p_holds,vacant_p_holds_wide,vacant_p_fails,vacant_jsd,"
    "both,both_low,both_high,both_p_holds,both_p_holds_wide,both_p_fails,both_jsd,"
    "exchanged_token,exchanged_word,shuffled,random,went,went_ratio,"
    "loss,replaced_loss,vacant_loss,both_loss,alpha,sinks,"
    "key,key_low,key_high,weights_shuffled,weights_shuffled_least,weights_shuffled_most,weights_fresh,weights_fresh_least,"
    "weights_fresh_most,permuted,permuted_low,permuted_high,"
    "share_index,share_token,share_text,share_residual,verdict,p";
enum { ROW_CELLS = 80 };

static size_t measured_on(const struct columns_report *r, const struct column_test_head *head)
{
    return column_test_side(r->test, head->axis)->measured_on;
}

/* "0.99 [0.97, 1.01]". */
static bool put_retention(const struct retention *rho, struct arena *arena, struct cell_value *out, struct err *err)
{
    *out = (struct cell_value){.kind = CELL_NONE, .text = STR("-")};
    if (!rho->texts)
        return true;
    struct buf text = {0};
    columns_put_retention(rho, &text);
    bool ok = buf_ok(&text, err) && arena_str(arena, buf_view(&text), &out->text, err);
    out->kind = CELL_TEXT;
    buf_free(&text);
    return ok;
}

static bool put_table_row(const struct columns_report *r, const struct column_test_head *head, struct str site, struct str verdict,
                          struct result *result, struct arena *arena, struct err *err)
{
    double p = columns_p(&head->square);
    struct cell_value cells[] = {text_cell(site),
                                 text_cell(str_of(columns_place_name(head->place))),
                                 int_cell((long long)measured_on(r, head)),
                                 number_cell_or(head->square.excess + 1, 2, STR("-")),
                                 {0},
                                 {0},
                                 {0},
                                 text_cell(verdict),
                                 p < 0.00005 ? text_cell(STR("<0.0001")) : number_cell_or(p, 4, STR("-"))};
    bool ok = true;
    for (size_t c = 0; ok && c < SQUARE_CELLS; c++)
        ok = put_retention(&head->square.cell[c], arena, &cells[4 + c], err);
    return ok && result_row(result, cells, sizeof cells / sizeof *cells, err);
}

/* A number, or nothing where it is none. */
static size_t put_number(double value, struct cell_value *cell)
{
    *cell = number_cell_or(isfinite(value) ? value : NAN, 6, STR("-"));
    return 1;
}

static size_t retention_cells(const struct retention *rho, double divergence, struct cell_value *cells)
{
    bool there = rho->texts > 0;
    const double values[] = {rho->value, rho->low, rho->high, rho->holds, rho->holds_wide, rho->fails, divergence};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        put_number(there ? values[i] : NAN, &cells[i]);
    return sizeof values / sizeof *values;
}

static double value_of(const struct retention *rho)
{
    return rho->texts ? rho->value : NAN;
}

/* The losses of the head's square, sink score, references and components. */
static size_t more_cells(const struct columns_report *r, const struct column_test_head *head, struct cell_value *cells)
{
    const struct column_side *side = column_test_side(r->test, head->axis);
    size_t n = put_number(side->loss[VARIANT_BASE], cells);
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        n += put_number(head->place == PLACE_INNER ? NAN : side->loss[columns_cells[head->place][c]], cells + n);
    n += put_number(head->alpha, cells + n);
    n += put_number(head->sinks, cells + n);
    for (size_t i = 0; i < COLUMN_REFERENCES; i++) {
        const struct column_reference *ref = &head->reference[i];
        n += put_number(ref->n ? ref->mean : NAN, cells + n);
        n += put_number(ref->n ? ref->low : NAN, cells + n);
        n += put_number(ref->n ? ref->high : NAN, cells + n);
    }
    for (size_t c = 0; c < COMPONENTS; c++)
        n += put_number(head->components.share[c], cells + n);
    return n;
}

static bool put_machine_row(const struct columns_report *r, const struct column_test_head *head, struct str verdict,
                            struct result *result, struct err *err)
{
    struct cell_value cells[ROW_CELLS];
    struct buf token = {0};
    size_t n = site_cells(head->site, r->row, cells);
    if (head->token >= 0)
        buf_str(&token, tokenizer_string(r->options->model->tokenizer, head->token));
    cells[n++] = text_cell(str_of(columns_place_name(head->place)));
    cells[n++] = int_cell((long long)head->index);
    cells[n++] = head->token < 0 ? (struct cell_value){.kind = CELL_NONE} : text_cell(buf_view(&token));
    cells[n++] = int_cell((long long)head->chosen);
    n += put_number(head->square.excess + 1, cells + n);
    n += put_number(head->square.exists, cells + n);
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        n += retention_cells(&head->square.cell[c], head->divergence[c], cells + n);
    n += put_number(value_of(&head->beside[VARIANT_EXCHANGE]), cells + n);
    n += put_number(value_of(&head->other), cells + n);
    n += put_number(value_of(&head->beside[VARIANT_SHUFFLED]), cells + n);
    n += put_number(value_of(&head->beside[VARIANT_RANDOM]), cells + n);
    cells[n++] = isnan(head->went_ratio) ? (struct cell_value){.kind = CELL_NONE}
                                         : (struct cell_value){.kind = CELL_INT, .integer = (long long)head->went};
    n += put_number(head->went_ratio, cells + n);
    n += more_cells(r, head, cells + n);
    cells[n++] = text_cell(verdict);
    n += put_number(columns_p(&head->square), cells + n);
    bool ok = buf_ok(&token, err) && result_row(result, cells, n, err);
    buf_free(&token);
    return ok;
}

static bool put_rows(const struct columns_report *r, struct result *result, struct err *err)
{
    struct buf header = {0};
    struct arena *arena = arena_new(err);
    if (r->table)
        buf_puts(&header, header_table);
    else
        buf_printf(&header, "%s,%s", site_header(r->row), header_rows);
    bool ok = arena && buf_ok(&header, err) && result_columns(result, buf_cstr(&header), err) && columns_say(r, result, err);
    for (size_t h = 0; ok && h < r->test->n; h++) {
        const struct column_test_head *head = &r->test->heads[h];
        struct buf site = {0}, verdict = {0};
        site_name(head->site, &site);
        columns_put_verdict(r, head, &verdict);
        ok = buf_ok(&site, err) && buf_ok(&verdict, err) &&
             (r->table ? put_table_row(r, head, buf_view(&site), buf_view(&verdict), result, arena, err)
                       : put_machine_row(r, head, buf_view(&verdict), result, err));
        buf_free(&site);
        buf_free(&verdict);
    }
    arena_free(arena);
    buf_free(&header);
    return ok;
}

struct column_test_options columns_test_options(const struct call *call, const struct texts_file *file,
                                                const struct column_rule *rule, const struct watch *watch)
{
    return (struct column_test_options){.model = file->model,
                                        .lines = file->scan.lines,
                                        .name = file->path,
                                        .length = file->scan.length,
                                        .texts = (size_t)call_int(call, "n"),
                                        .no_special = file->scan.no_special,
                                        .front = file->scan.front,
                                        .seed = (uint64_t)call_int(call, "seed"),
                                        .rule = *rule,
                                        .sites = file->sites.site,
                                        .n_sites = file->sites.n,
                                        .twins = (size_t)call_int(call, "twins"),
                                        .watch = watch};
}

bool columns_test(struct session *session, const struct call *call, const struct column_rule *rule, struct result *result,
                  struct err *err)
{
    struct column_test test = {0};
    struct texts_file file;
    struct progress progress;
    if (!texts_file_open_both(session, call, &file, err))
        return false;
    struct watch watch = progress_begin(&progress, session, "texts");
    struct column_test_options o = columns_test_options(call, &file, rule, &watch);
    bool ok = column_test(&o, &test, err);
    progress_end(&progress);
    struct columns_report report = {session, call, &test, &o, &file, {.stack = sites_tell_stack(file.sites.site, file.sites.n)},
                                    strcmp(result_format(result), "table") == 0};
    ok = ok && (result_wants_figure(result) || put_rows(&report, result, err));
    if (ok && result_wants_picture(result) && (test.n || result_wants_figure(result)))
        ok = columns_draw(&report, result, err);
    column_test_free(&test);
    texts_file_free(&file);
    return ok;
}
