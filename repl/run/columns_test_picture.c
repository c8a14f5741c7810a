/* The picture of `columns test`: a square for each end that has columns, and columns × variants. */
#include <math.h>
#include <stdio.h>

#include "repl/result/figure.h"
#include "repl/run/columns_test.h"
#include "viz/chart/chart.h"
#include "viz/chart/squares.h"

enum { COLUMNS = SQUARE_CELLS + COLUMNS_BESIDE, MOST_ROWS = 80, MOST_SQUARES = COLUMN_AXES * PLACES_AT_ENDS };

struct drawing {
    const struct columns_report *r;
    struct arena *arena;
    struct square_of squares[MOST_SQUARES];
    struct squares picture;
    struct str names[COLUMNS];
    struct str notes[3];
    size_t n_notes;
};

static bool keep(struct drawing *d, struct buf *text, struct str *out, struct err *err)
{
    bool ok = buf_ok(text, err) && arena_str(d->arena, buf_view(text), out, err);
    buf_free(text);
    return ok;
}

static struct squares_cell cell_of(const struct retention *rho)
{
    if (!rho->texts)
        return (struct squares_cell){.value = NAN, .low = NAN, .high = NAN};
    return (struct squares_cell){.value = rho->value, .low = rho->low, .high = rho->high};
}

/* "loss 2.62, rest 0.003", or that the model does not work there. */
static bool put_note(struct drawing *d, double loss, bool broken, double divergence, struct str *out, struct err *err)
{
    struct buf text = {0};
    if (isfinite(loss))
        buf_printf(&text, "%sloss %.2f", broken ? "broken: " : "", loss);
    if (isfinite(divergence))
        buf_printf(&text, "%srest %.3f", text.n ? ", " : "", divergence);
    return keep(d, &text, out, err);
}

/* The special token that all columns of that end have, or −1. */
static int32_t token_of(const struct column_test *test, enum column_axis axis, enum column_place place)
{
    for (size_t h = 0; h < test->n; h++)
        if (test->heads[h].axis == axis && test->heads[h].place == place)
            return test->heads[h].token;
    return -1;
}

static bool put_square(struct drawing *d, const struct column_side *side, enum column_place place, struct err *err)
{
    const struct pooled *p = &side->pooled[place];
    struct square_of *q = &d->squares[d->picture.n_squares++];
    int32_t token = token_of(d->r->test, side->axis, place);
    struct buf title = {0}, there = {0}, gone = {0};
    buf_printf(&title, "%s%s: %zu column%s", side->axis == AXIS_TARGET ? "target " : d->r->test->n_sides > 1 ? "source " : "",
               columns_place_name(place), p->heads, p->heads == 1 ? "" : "s");
    buf_printf(&title, ", n·c %.2f", p->excess + 1);
    if (token >= 0)
        columns_put_token(d->r, token, &there);
    buf_puts(&there, token >= 0 ? " there" : "as it is");
    buf_puts(&gone, token >= 0 ? "replaced" : "");
    const struct retention *cells[2][2] = {{NULL, &p->cell[SQUARE_TOKEN]}, {&p->cell[SQUARE_INDEX], &p->cell[SQUARE_NONE]}};
    const size_t cell[2][2] = {{SQUARE_CELLS, SQUARE_TOKEN}, {SQUARE_INDEX, SQUARE_NONE}};
    bool ok = keep(d, &title, &q->title, err) && keep(d, &there, &q->rows[0], err) && keep(d, &gone, &q->rows[1], err);
    bool ids = place == PLACE_START && side->absolute;
    q->cols[0] = place == PLACE_END ? STR("at the end") : ids ? STR("position id 0 occupied") : STR("at the start");
    q->cols[1] = place == PLACE_END ? STR("a word behind it") : ids ? STR("vacant: all ids shifted") : STR("a word in front of it");
    for (size_t i = 0; ok && i < 2; i++)
        for (size_t k = 0; ok && k < 2; k++) {
            size_t v = cells[i][k] ? columns_cells[place][cell[i][k]] : (size_t)VARIANT_BASE;
            q->cells[i][k] = cells[i][k] ? cell_of(cells[i][k]) : (struct squares_cell){.value = 1, .low = NAN, .high = NAN};
            if (!isnan(q->cells[i][k].value))
                ok = put_note(d, side->loss[v], side->broken[v], cells[i][k] ? p->divergence[cell[i][k]] : NAN, &q->cells[i][k].note, err);
        }
    return ok;
}

static bool put_row(struct drawing *d, const struct column_test_head *head, struct squares_row *row, struct err *err)
{
    struct squares_cell *cells = arena_zalloc(d->arena, COLUMNS, sizeof *cells, "the picture", err);
    struct buf label = {0}, word = {0};
    if (!cells)
        return false;
    for (size_t c = 0; c < SQUARE_CELLS; c++)
        cells[c] = cell_of(&head->square.cell[c]);
    for (size_t b = 0; b < COLUMNS_BESIDE; b++)
        cells[SQUARE_CELLS + b] = cell_of(columns_beside[b].other ? &head->other : &head->beside[columns_beside[b].variant]);
    row->cells = cells;
    site_name(head->site, &label);
    buf_printf(&label, " %s", columns_place_name(head->place));
    columns_put_verdict(d->r, head, &word);
    return keep(d, &label, &row->label, err) && keep(d, &word, &row->word, err);
}

static bool put_table(struct drawing *d, struct err *err)
{
    static const char *const of_square[SQUARE_CELLS] = {"replaced", "vacant", "both"};
    const struct column_test *test = d->r->test;
    size_t n = test->n < MOST_ROWS ? test->n : MOST_ROWS;
    struct squares_row *rows = arena_zalloc(d->arena, n + 1, sizeof *rows, "the picture", err);
    if (!rows)
        return false;
    for (size_t c = 0; c < COLUMNS; c++)
        d->names[c] = str_of(c < SQUARE_CELLS ? of_square[c] : columns_beside[c - SQUARE_CELLS].name);
    for (size_t h = 0; h < n; h++)
        if (!put_row(d, &test->heads[h], &rows[h], err))
            return false;
    d->picture.columns = d->names;
    d->picture.n_columns = COLUMNS;
    d->picture.rows = rows;
    d->picture.n_rows = n;
    return true;
}

static bool put_notes(struct drawing *d, struct err *err)
{
    struct buf text = {0};
    bool inner = false;
    for (size_t h = 0; h < d->r->test->n; h++)
        inner = inner || d->r->test->heads[h].place == PLACE_INNER;
    buf_printf(&text, "bars: 90 %% interval; dotted: %g (below: lost), %g and %g (within: kept)", RETENTION_LOST, RETENTION_LOW, RETENTION_HIGH);
    if (inner)
        buf_puts(&text, "; inner: replaced is another token at its index, vacant its token at another index");
    if (!keep(d, &text, &d->notes[d->n_notes++], err))
        return false;
    if (d->r->test->n > MOST_ROWS) {
        buf_printf(&text, "the first %d of %zu columns", MOST_ROWS, d->r->test->n);
        return keep(d, &text, &d->notes[d->n_notes++], err);
    }
    return true;
}

bool columns_draw(const struct columns_report *r, struct result *result, struct err *err)
{
    struct drawing d = {.r = r, .arena = arena_new(err)};
    bool ok = d.arena != NULL;
    if (!r->test->n) {
        arena_free(d.arena);
        return err_set(err, ERR_NOT_FOUND, "none of %zu head%s has a column in half of the texts: there is nothing to draw", r->options->n_sites, r->options->n_sites == 1 ? "" : "s");
    }
    for (size_t s = 0; ok && s < r->test->n_sides; s++)
        for (int place = PLACE_START; ok && place < PLACES_AT_ENDS; place++)
            if (r->test->side[s].pooled[place].heads)
                ok = put_square(&d, &r->test->side[s], (enum column_place)place, err);
    ok = ok && put_table(&d, err) && put_notes(&d, err);
    d.picture.squares = d.squares;
    d.picture.marks[0] = RETENTION_LOST;
    d.picture.marks[1] = RETENTION_LOW;
    d.picture.marks[2] = RETENTION_HIGH;
    d.picture.least = -0.25;
    d.picture.most = 1.5;
    struct picture picture = {.chart = &chart_squares,
                              .data = &d.picture,
                              .scale = {.kind = SCALE_LINEAR, .lo = 0, .hi = 1.25, .clip_hi = 100, .decimals = 2},
                              .value_name = "ρ, what stays of n·c − 1",
                              .notes = d.notes,
                              .n_notes = d.n_notes};
    struct figure_source source = {.model = r->options->model, .site = "columns test"};
    ok = ok && give_figure(r->session, r->call, &picture, &source, result, err);
    arena_free(d.arena);
    return ok;
}
