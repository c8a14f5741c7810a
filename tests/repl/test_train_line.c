/* The lines that long work shows: what stands in them, and that they fit the terminal. */
#include <criterion/criterion.h>
#include <string.h>

#include "repl/terminal/progress.h"
#include "repl/words/train_progress.h"

static struct train_line full_line(void)
{
    struct train_line line = {.on = true};
    for (size_t i = 0; i < TRAIN_LINE_BARS; i++) {
        line.loss[i] = (double)(TRAIN_LINE_BARS - i);
        line.counts[i] = 1;
    }
    return line;
}

Test(train_line, holds_share_speed_loss_rate_time_and_the_course_of_the_loss)
{
    struct train_line line = full_line();
    struct train_progress p = {.done = 400000, .total = 1000000, .loss = 2.5, .rate = 0.03};
    struct buf text = {0};
    train_line_text(&line, &p, 0.2, 80, &text);
    cr_assert_str_eq(buf_cstr(&text), "40.0%  2.00 M words/s  loss 2.500  rate 0.0300  0:00 left  ██▇▇▆▆▅▅▄▄▃▃▂▂▁▁");
    buf_free(&text);
    train_line_text(&line, &p, 400, 80, &text);
    cr_assert(strstr(buf_cstr(&text), "1 k words/s") && strstr(buf_cstr(&text), "10:00 left"), "%s", buf_cstr(&text));
    buf_free(&text);
}

Test(train_line, fits_every_terminal)
{
    struct train_line line = full_line();
    static const struct train_progress rows[] = {
        {.counting = true, .done = 1, .total = 3},
        {.done = 1, .total = (size_t)1 << 60, .loss = 12345.678, .rate = 10},
        {.done = 999999, .total = 1000000, .loss = 3.2, .rate = 0.0751},
        {.done = 0, .total = 1000000, .rate = 0.0751},
    };
    struct buf bad = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t columns = 20; columns <= 90; columns++) {
            struct buf text = {0};
            train_line_text(&line, &rows[i], 0.1 + 1000 * (double)(i % 2), columns, &text);
            size_t wide = 0;
            for (size_t at = 0; at < text.n; at++)
                wide += ((unsigned char)text.data[at] & 0xc0) != 0x80;
            if (wide > columns || !wide)
                buf_printf(&bad, "%zu, %zu columns: \"%s\"\n", i, columns, buf_cstr(&text));
            buf_free(&text);
        }
    cr_assert(bad.n == 0, "%s", buf_cstr(&bad));
}

Test(progress, fits_every_terminal)
{
    struct progress p = {.on = true, .what = "texts"};
    for (size_t columns = 20; columns <= 90; columns++) {
        struct buf text = {0};
        progress_text(&p, 30000, 100000, 7, columns, &text);
        cr_assert(text.n > 0 && text.n <= columns, "%zu columns: %s", columns, buf_cstr(&text));
        cr_assert_eq(strchr(buf_cstr(&text), '#') != NULL, columns >= 66, "%zu columns: %s", columns, buf_cstr(&text));
        buf_free(&text);
    }
}
