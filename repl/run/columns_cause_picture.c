/* What zeroed dimensions leave of columns, as a picture: places down, where they are zeroed across; beside it what control sets leave.
 * See columns_cause.h. */
#include "repl/run/columns_cause.h"

#include <math.h>

#include "core/measure/column_cause.h"
#include "repl/result/figure.h"

enum { PANELS = 3, CELLS = CAUSE_PLACES * CAUSE_ROWS_KINDS };

static float value_of(const struct cause_row *row, size_t panel)
{
    const struct cause_controls *controls = panel == 1 ? &row->random : &row->matched;
    double value = !row->passes ? NAN : panel == 0 ? row->rho.value : controls->sets ? controls->mean : NAN;
    return (float)value;
}

bool columns_cause_draw(struct session *session, const struct call *call, const struct model *model, const struct column_cause *c,
                        struct result *result, struct err *err)
{
    static const char *const titles[PANELS] = {"these dimensions", "random sets", "matched sets"};
    static const char *const places[CAUSE_PLACES] = {"start", "end", "inner"};
    struct str rows[CAUSE_PLACES], cols[CAUSE_ROWS_KINDS], notes[1];
    float values[PANELS][CELLS];
    unsigned char masked[PANELS][CELLS];
    struct panel panels[PANELS];
    size_t n = 0;
    for (size_t p = 0; p < CAUSE_PLACES; p++) {
        if (!c->heads[p])
            continue;
        rows[n] = str_of(places[p]);
        for (size_t k = 0; k < CAUSE_ROWS_KINDS; k++)
            for (size_t i = 0; i < c->n; i++)
                for (size_t panel = 0; c->row[i].place == (enum column_place)p && c->row[i].rows == cause_rows[k] && panel < PANELS; panel++) {
                    float value = value_of(&c->row[i], panel);
                    values[panel][n * CAUSE_ROWS_KINDS + k] = isfinite(value) ? value : 0;
                    masked[panel][n * CAUSE_ROWS_KINDS + k] = !isfinite(value);
                }
        n++;
    }
    for (size_t k = 0; k < CAUSE_ROWS_KINDS; k++)
        cols[k] = str_of(rows_kind_name(cause_rows[k]));
    for (size_t p = 0; p < PANELS; p++)
        panels[p] = (struct panel){.rows = n, .cols = CAUSE_ROWS_KINDS, .values = values[p], .masked = masked[p], .row_labels = rows, .col_labels = cols,
                                   .no_numbers = true, .title = str_of(titles[p]), .tick = 1};
    notes[0] = STR("ρ: how much of the chosen heads' n·c - 1 stays where dimensions are zero; 1: all of it (gaze's own cross)");
    const struct figure_source source = {.model = model, .site = "columns cause", .numbers = true};
    struct picture picture = {.panels = panels, .n_panels = PANELS, .across = PANELS, .row_axis = "Place", .col_axis = "Zeroed in",
                              .value_name = "ρ", .notes = notes, .n_notes = 1,
                              .scale = {.kind = SCALE_LINEAR, .lo = NAN, .hi = NAN, .clip_lo = 0, .clip_hi = 100, .decimals = 2}};
    return n == 0 || give_figure(session, call, &picture, &source, result, err);
}
