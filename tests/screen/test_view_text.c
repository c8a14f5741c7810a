/* The full screen's text view: tokens in the colours of the attention that queries and keys give. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"

static const char *const words[ROBERTA_TOKENS] = {"<s>",     "The", "cat", "sat",   "on", "the", "mat",
                                                  "because", "it",  "was", "tired", ".",  "</s>"};

static bool near(int32_t found, struct rgb wanted)
{
    return (found & EMU_RGB) && abs((found >> 16 & 255) - wanted.r) <= 2 && abs((found >> 8 & 255) - wanted.g) <= 2 &&
           abs((found & 255) - wanted.b) <= 2;
}

/* Walk along the tokens of the paragraph at a row (it fits one line): how many have not the colour of their value. */
static int wrong_colours(const struct terminal *t, const struct own_map *own, int row, size_t fixed, bool of_query)
{
    int col = 2, wrong = 0;
    for (size_t i = 0; i < own->T; i++) {
        double value = of_query ? own->probs[fixed * own->T + i] : own->probs[i * own->T + fixed];
        const struct emu_cell *cell = emulator_cell(t->screen, row, col);
        bool ok = cell->text[0] == words[i][0] && near(cell->bg, table_colour(&palette_viridis, value / own->largest));
        wrong += !ok;
        if (!ok)
            fprintf(stderr, "'%s' at column %d: '%s' on %06x\n", words[i], col, cell->text, (unsigned)cell->bg);
        col += (int)strlen(words[i]) + 1;
    }
    return wrong;
}

Test(view_text, tokens_have_the_colours_of_the_attention, .timeout = 280)
{
    static const int sizes[][2] = {{24, 80}, {40, 120}, {60, 200}};
    static const struct terminal_kind direct = {"24 bits", "xterm-256color", "truecolor", DEPTH_TRUE};
    struct own_map own;
    cr_assert(own_map_make(&own, "L1.H2"));
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t = view_start("roberta-tiny", "view L1.H2", &direct, sizes[s][0], sizes[s][1], "Query");
        cr_assert(t);
        terminal_keys(t, "v j j j l l");
        cr_assert(terminal_wait_text(t, "query 3 sat looks at") && terminal_wait_text(t, "key 2 cat is seen by") &&
                  sync_frame(t));
        cr_expect_eq(wrong_colours(t, &own, 2, 3, true), 0);
        cr_expect_eq(wrong_colours(t, &own, 5, 2, false), 0);
        mouse(t, MOUSE_LEFT, 2, 2 + 4 + 1); /* "The" above: that key */
        cr_expect(terminal_wait_text(t, "key 1 The is seen by"));
        mouse(t, MOUSE_LEFT, 5, 3); /* "<s>" below: that query */
        cr_expect(terminal_wait_text(t, "query 0 <s> looks at"));
        mouse(t, MOUSE_WHEEL_DOWN, 5, 3);
        cr_expect(terminal_wait_row(t, 0, "L1.H3"));
        terminal_keys(t, "v");
        cr_expect(terminal_wait_text(t, "Query"), "back on the map");
        terminal_keys(t, "q");
        leave(t, 0);
    }
    own_map_free(&own);
}

Test(view_text, has_shades_without_colours, .timeout = 280)
{
    struct terminal *t = view_start("roberta-tiny", "view L1.H2", &terminal_kinds[0], 24, 80, "Query");
    cr_assert(t && terminal_kinds[0].depth == DEPTH_MONO);
    terminal_keys(t, "v");
    cr_assert(terminal_wait_text(t, "query 0 <s> looks at") && sync_frame(t));
    cr_expect(terminal_shows(t, "<s>\xe2\x96\x88"), "the first token looks at itself");
    terminal_keys(t, "q q");
    leave(t, 0);
}

Test(view_text, of_a_long_text_the_part_around_the_crosshair_is_seen, .timeout = 280)
{
    char text[2400] = "run \"";
    for (size_t i = 0; i < 80; i++)
        strcat(text, i % 7 ? "the cat sat on a mat " : "nobody saw the cat ");
    strcat(text, "\"");
    struct terminal *t = gaze_start(
        (const char *[]){"-X", "examples/models/deberta-v1-tiny", "-c", text, "-c", "view L1.H2", NULL}, NULL, 24, 80, NULL);
    cr_assert(terminal_wait_text(t, "Query"));
    terminal_keys(t, "v");
    cr_expect(terminal_wait_text(t, "0-") && terminal_shows(t, " tokens"));
    terminal_keys(t, "v");
    terminal_send(t, ":go 400 300\r");
    terminal_keys(t, "v");
    cr_assert(terminal_wait_text(t, "query 400") && sync_frame(t));
    int row, col, marked = 0;
    for (row = 1; row < 22; row++)
        for (col = 0; col < 80; col++)
            marked += emulator_cell(t->screen, row, col)->attributes & EMU_UNDERLINE ? 1 : 0;
    cr_expect(marked >= 2, "both tokens of the crosshair are on the screen");
    terminal_keys(t, "q q");
    leave(t, 0);
}
