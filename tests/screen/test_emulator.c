/* The emulator itself: sequences in, cells out; and the driver on programs that are not gaze. */
#include <criterion/criterion.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/screen/terminal.h"

static const struct {
    const char *name, *bytes, *screen; /* on 4 × 10 */
} rows[] = {
    {"plain text wraps", "0123456789ab", "0123456789\nab\n"},
    {"a full line does not wrap early", "0123456789\r\nab", "0123456789\nab\n"},
    {"cursor addressing", "\033[2;3Hx\033[4;10Hy\033[1;1Hz", "z\n  x\n\n         y\n"},
    {"relative moves", "ab\033[2Dc\033[Bd\033[Ae\033[3Cf", "cbe   f\n d\n"},
    {"column and row addressing", "\033[3dA\033[5GB", "\n\nA   B\n"},
    {"erase to the end of the line", "abcdef\033[3G\033[K", "ab\n"},
    {"erase to the start of the line", "abcdef\033[3G\033[1K", "   def\n"},
    {"erase below", "aa\r\nbb\r\ncc\033[2;2H\033[J", "aa\nb\n"},
    {"erase above", "aa\r\nbb\r\ncc\033[2;1H\033[1J", "\n b\ncc\n"},
    {"erase characters", "abcdef\033[2G\033[2X", "a  def\n"},
    {"insert and delete characters", "abcdef\033[2G\033[2P\033[@", "a def\n"},
    {"insert mode", "abc\033[1G\033[4hX\033[4l", "Xabc\n"},
    {"insert and delete lines", "a\r\nb\r\nc\r\nd\033[2;1H\033[L\033[4;1H\033[M", "a\n\nb\n"},
    {"scrolling", "a\r\nb\r\nc\r\nd\r\ne", "b\nc\nd\ne\n"},
    {"scroll region", "a\r\nb\r\nc\r\nd\033[2;3r\033[3;1H\n\033[r", "a\nc\n\nd\n"},
    {"reverse index in a region", "a\r\nb\r\nc\r\nd\033[2;3r\033[2;1H\033M\033[r", "a\n\nb\nd\n"},
    {"scroll up and down", "a\r\nb\r\nc\033[S\033[2T", "\n\nb\nc\n"},
    {"tabs and backspace", "a\tb\b\bc", "a      cb\n"},
    {"repeat", "ab\033[3b", "abbbb\n"},
    {"save and restore", "ab\0337\033[3;3Hx\0338c", "abc\n\n  x\n"},
    {"wide characters", "\xe4\xb8\xadx\033[1;2Hy", " yx\n"},
    {"wide at the edge", "012345678\xe4\xb8\xad", "012345678\n\xe4\xb8\xad\n"},
    {"combining marks", "e\xcc\x81x", "e\xcc\x81x\n"},
    {"line drawing", "\033(0lqk\033(B l", "\xe2\x94\x8c\xe2\x94\x80\xe2\x94\x90 l\n"},
    {"shift out", "\033)0\016x\017x", "\xe2\x94\x82x\n"},
    {"strings are skipped", "a\033]0;title\007b\033Pq#0\033\\c\033_Gx\033\\d", "abcd\n"},
    {"alternate screen", "main\033[?1049hother\033[?1049lX", "mainX\n"},
    {"malformed UTF-8", "a\xff\xe4z", "a\xef\xbf\xbd\xef\xbf\xbdz\n"},
};

Test(emulator, draws_what_sequences_say)
{
    int failed = 0;
    cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emulator *whole = emulator_new(4, 10), *bytewise = emulator_new(4, 10);
        emulator_feed(whole, rows[i].bytes, strlen(rows[i].bytes));
        for (const char *c = rows[i].bytes; *c; c++)
            emulator_feed(bytewise, c, 1);
        char *a = emulator_text(whole), *b = emulator_text(bytewise);
        if (strcmp(a, rows[i].screen) || strcmp(b, rows[i].screen) || emulator_unknown(whole)[0]) {
            failed++;
            fprintf(stderr, "%s: expected\n%sfound\n%sunknown: %s\n", rows[i].name, rows[i].screen, a, emulator_unknown(whole));
        }
        free(a);
        free(b);
        emulator_free(whole);
        emulator_free(bytewise);
    }
    cr_assert_eq(failed, 0, "%d sequences drawn wrongly", failed);
}

Test(emulator, keeps_colours_and_attributes)
{
    struct emulator *e = emulator_new(2, 20);
    const char bytes[] = "\033[31;42;1;4mA\033[38;5;200;48;5;17mB\033[38;2;1;2;3;48:2::4:5:6mC\033[0;7mD\033[91;107mE\033[44m\033[K\033[mF";
    emulator_feed(e, bytes, sizeof bytes - 1);
    const struct emu_cell *a = emulator_cell(e, 0, 0), *b = emulator_cell(e, 0, 1), *c = emulator_cell(e, 0, 2);
    cr_expect(a->fg == 1 && a->bg == 2 && a->attributes == (EMU_BOLD | EMU_UNDERLINE));
    cr_expect(b->fg == 200 && b->bg == 17);
    cr_expect(c->fg == (EMU_RGB | 0x010203) && c->bg == (EMU_RGB | 0x040506));
    cr_expect(emulator_cell(e, 0, 3)->attributes == EMU_REVERSE && emulator_cell(e, 0, 3)->fg == EMU_DEFAULT);
    cr_expect(emulator_cell(e, 0, 4)->fg == 9 && emulator_cell(e, 0, 4)->bg == 15);
    cr_expect(emulator_cell(e, 0, 19)->bg == 4, "erased cells take the pen's background");
    cr_expect(emulator_cell(e, 0, 5)->bg == EMU_DEFAULT);
    emulator_free(e);
}

Test(terminal, drives_a_shell, .timeout = 120)
{
    struct terminal *t = terminal_start(&(struct terminal_setup){
        .argv = (const char *[]){"/bin/sh", NULL}, .env = (const char *[]){"PS1=ready> ", NULL}, .rows = 10, .cols = 60});
    cr_assert(terminal_wait_text(t, "ready>"));
    terminal_send(t, "stty size; echo $TERM $HOME\r");
    cr_expect(terminal_wait_text(t, "10 60"));
    cr_expect(terminal_wait_text(t, t->home));
    terminal_resize(t, 20, 70);
    terminal_send(t, "stty size\r");
    cr_expect(terminal_wait_text(t, "20 70"), "a resize reaches the program");
    size_t at = t->n_log;
    terminal_send(t, "echo cat is 'here'; cat\r");
    cr_expect(terminal_wait_log(t, at, "cat is here\r\n"));
    terminal_send(t, "echoed\r");
    cr_expect(terminal_wait_log(t, at, "echoed\r\nechoed"), "the terminal's own echo, then cat's");
    at = t->n_log;
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_log(t, at, "ready>"));
    terminal_send(t, "exit 7\r");
    cr_expect_eq(terminal_wait_exit(t), 7);
    cr_expect(terminal_modes_restored(t));
    terminal_free(t);
}

Test(terminal, sees_modes_left_behind, .timeout = 120)
{
    struct terminal *t = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/stty", "-echo", NULL}});
    cr_expect_eq(terminal_wait_exit(t), 0);
    cr_expect(!terminal_modes_restored(t));
    terminal_free(t);
}

Test(terminal, reports_the_signal_that_killed, .timeout = 120)
{
    struct terminal *t = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/cat", NULL}});
    terminal_send(t, "there\r");
    cr_expect(terminal_wait_text(t, "there"));
    terminal_signal(t, SIGTERM);
    cr_expect_eq(terminal_wait_exit(t), 128 + SIGTERM);
    terminal_free(t);
}
