/* What zeroed dimensions leave of columns, as a picture: a row for each place and where they are zeroed, with what control sets leave
 * beside it. See columns_cause.h. */
#include "repl/run/columns_cause.h"

#include <math.h>

#include "core/measure/column_cause.h"
#include "repl/result/figure.h"
#include "repl/run/columns_test.h"
#include "viz/chart/chart.h"
#include "viz/chart/squares.h"

enum { COLUMNS = 3, ROWS = CAUSE_PLACES * CAUSE_ROWS_KINDS };

static struct squares_cell cell_of(double value, double low, double high)
{
    return (struct squares_cell){.value = value, .low = low, .high = high};
}

static void put_cells(const struct cause_row *row, struct squares_cell *cells)
{
    const struct cause_controls *controls[] = {&row->random, &row->matched};
    cells[0] = row->passes ? cell_of(row->rho.value, row->rho.low, row->rho.high) : cell_of(NAN, NAN, NAN);
    for (size_t k = 0; k < 2; k++)
        cells[1 + k] = row->passes && controls[k]->sets ? cell_of(controls[k]->mean, controls[k]->low, controls[k]->high) : cell_of(NAN, NAN, NAN);
}

/* Rows by place; a place without columns has none. */
static bool put_rows(const struct column_cause *c, struct arena *arena, struct squares_row *rows, struct squares_cell (*cells)[COLUMNS], size_t *n_out,
                     struct err *err)
{
    *n_out = 0;
    for (size_t p = 0; p < CAUSE_PLACES; p++)
        for (size_t i = 0; i < c->n; i++) {
            struct buf label = {0};
            size_t n = *n_out;
            if (c->row[i].place != (enum column_place)p || !c->heads[p])
                continue;
            put_cells(&c->row[i], cells[n]);
            buf_printf(&label, "%s, %s", columns_place_name((enum column_place)p), rows_kind_name(c->row[i].rows));
            bool ok = buf_ok(&label, err) && arena_str(arena, buf_view(&label), &rows[n].label, err);
            buf_free(&label);
            if (!ok)
                return false;
            rows[n].cells = cells[n];
            rows[n].word = c->row[i].passes ? str_of(columns_cause_word(&c->row[i])) : STR("no such rows");
            ++*n_out;
        }
    return true;
}

bool columns_cause_draw(struct session *session, const struct call *call, const struct model *model, const struct column_cause *c,
                        struct result *result, struct err *err)
{
    const struct str columns[COLUMNS] = {STR("these"), STR("random"), STR("matched")};
    struct squares_row rows[ROWS] = {0};
    struct squares_cell cells[ROWS][COLUMNS];
    struct squares table = {.columns = columns, .n_columns = COLUMNS, .rows = rows, .marks = {RETENTION_LOST, RETENTION_LOW, RETENTION_HIGH}, .least = -0.25, .most = 1.5};
    const struct str notes[] = {STR("ρ: how much of the chosen heads' n·c - 1 stays where dimensions are zero (gaze's own cross)"),
                                STR("bars: 90 % interval, of control sets their 5th to 95th percentile; dotted: 0.5 (below: lost), 0.8 and 1.25 (within: kept)")};
    const struct figure_source source = {.model = model, .site = "columns cause", .numbers = true};
    struct arena *arena = arena_new(err);
    bool ok = arena && put_rows(c, arena, rows, cells, &table.n_rows, err);
    struct picture picture = {.chart = &chart_squares,
                              .data = &table,
                              .scale = {.kind = SCALE_LINEAR, .lo = 0, .hi = 1.25, .clip_hi = 100, .decimals = 2},
                              .value_name = "ρ, what stays of n·c − 1",
                              .notes = notes,
                              .n_notes = result_wants_figure(result) ? 2 : 0}; /* in a terminal it is said above, and there are no bars */
    ok = ok && (table.n_rows == 0 || give_figure(session, call, &picture, &source, result, err));
    arena_free(arena);
    return ok;
}
