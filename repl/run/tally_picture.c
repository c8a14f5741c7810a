/* What a scan counted, as a figure: heads by indices. See tally_parts.h. */
#include <math.h>
#include <stdio.h>

#include "repl/result/figure.h"
#include "repl/run/site.h"
#include "repl/run/tally_parts.h"

bool tally_give_picture(const struct session *session, const struct call *call, const struct tally *t, struct result *result,
                        struct err *err)
{
    size_t S = t->shape.n_sites, P = tally_places(t), K = 0;
    for (size_t i = 0; i < S; i++)
        for (size_t k = 0; k < t->shape.places; k++)
            K = t->cells[i * P + k].n && k >= K ? k + 1 : K;
    struct arena *arena = arena_new(err);
    float *values = arena ? arena_zalloc(arena, S * (K + 1), sizeof *values, "a picture", err) : NULL;
    unsigned char *masked = values ? arena_zalloc(arena, S * (K + 1), 1, "a picture", err) : NULL;
    struct str *labels = masked ? arena_zalloc(arena, S, sizeof *labels, "a picture", err) : NULL;
    struct str *indices = labels ? arena_zalloc(arena, K + 1, sizeof *indices, "a picture", err) : NULL;
    bool ok = indices != NULL;
    for (size_t k = 0; ok && k < K; k++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", k);
        ok = arena_str(arena, str_of(number), &indices[k], err);
    }
    for (size_t i = 0; ok && i < S; i++) {
        struct buf name = {0};
        site_name(t->shape.sites[i], &name);
        ok = buf_ok(&name, err) && arena_str(arena, buf_view(&name), &labels[i], err);
        buf_free(&name);
        for (size_t k = 0; k < K; k++) {
            const struct tally_cell *c = &t->cells[i * P + k];
            masked[i * K + k] = c->n == 0;
            values[i * K + k] = c->n ? (float)(exact_value(c->ratio) / (double)c->n) : 0;
        }
    }
    char note[200];
    snprintf(note, sizeof note, "%s: means over %llu texts of %llu to %llu tokens", t->shape.model, (unsigned long long)t->texts,
             (unsigned long long)t->shortest, (unsigned long long)t->longest);
    struct str notes[] = {str_of(note)};
    struct panel panel = {.rows = S, .cols = K, .values = values, .masked = masked, .row_labels = labels, .col_labels = indices, .no_numbers = true, .tick = 1};
    struct picture picture = {.panels = &panel, .n_panels = 1, .row_axis = "Head", .col_axis = "Key index", .notes = notes, .n_notes = 1,
                              .value_name = "n·c_j: attention in units of the uniform map's",
                              .scale = {.kind = SCALE_LOG, .lo = NAN, .hi = NAN, .floor = 1, .clip_hi = 100}};
    struct figure_source source = {.site = "all counted"};
    ok = ok && give_figure(session, call, &picture, &source, result, err);
    arena_free(arena);
    return ok;
}
