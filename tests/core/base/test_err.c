/* Messages, and what of files may stand in them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"

/* "a ESC ] BEL", C1's CSI as one character, an override of direction, an isolate, DEL, a byte that is no UTF-8. */
static const char hostile[] = "a\x1b]0;x\a \xc2\x9b" "31m \xe2\x80\xae" "b \xe2\x81\xa6 \x7f \xff\n\xc3\xa9";
static const char shown[] = "a\\x1b]0;x\\x07 \\u009b31m \\u202eb \\u2066 \\x7f \\xff\n\xc3\xa9";

Test(err, every_way_into_a_message_escapes_what_leads_terminals_astray)
{
    struct err err = {0};
    err_set(&err, ERR_FORMAT, "%s", hostile);
    cr_expect_str_eq(err.message, shown);
    err_set(&err, ERR_FORMAT, "end");
    err_prefix(&err, "%s: ", hostile);
    char both[200];
    snprintf(both, sizeof both, "%s: end", shown);
    cr_expect_str_eq(err.message, both);
    err_prefix(&err, "again ");
    cr_expect(strncmp(err.message, "again ", 6) == 0 && strcmp(err.message + 6, both) == 0, "%s", err.message);
}

Test(err, a_long_message_is_cut_and_ends)
{
    struct err err = {0};
    char text[3000];
    memset(text, 1, sizeof text);
    text[sizeof text - 1] = 0;
    err_set(&err, ERR_FORMAT, "%s", text);
    cr_expect(strlen(err.message) < sizeof err.message && strlen(err.message) > sizeof err.message - 10);
    char four[4];
    err_escape("ab\x1b", four, sizeof four);
    cr_expect_str_eq(four, "ab");
}
