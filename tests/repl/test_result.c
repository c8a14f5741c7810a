/* Where results go: a file that an interrupt came before is not written, however late it comes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/result/result.h"
#include "tests/support/scratch.h"

/* Give a text to `history > NAME`, interrupted behind the last byte or not. */
static bool give(const char *name, bool interrupted, struct err *err)
{
    struct session session;
    struct call call;
    struct result *result = NULL;
    char line[300];
    snprintf(line, sizeof line, "history > %s", scratch_path(name));
    cr_assert(session_init(&session, "build/gaze", err) && call_parse(line, false, &call, err), "%s", err->message);
    bool ok = result_begin(&session, &call, &result, err) && result_text(result, STR("new"), err);
    cr_assert(ok, "%s", err->message);
    if (interrupted)
        cancel_request();
    ok = result_end(result, true, err);
    cancel_clear();
    call_free(&call);
    session_free(&session);
    return ok;
}

Test(result, an_interrupt_before_the_end_writes_no_file)
{
    struct err err = {0};
    cr_expect_not(give("none.txt", true, &err));
    cr_expect_eq(err.code, ERR_CANCELLED);
    cr_expect_neq(access(scratch_path("none.txt"), F_OK), 0, "nothing is left");
}

Test(result, an_interrupt_leaves_the_file_that_was_there)
{
    struct err err = {0};
    size_t n;
    scratch_write("old.txt", "old", 3);
    cr_expect_not(give("old.txt", true, &err));
    unsigned char *bytes = read_file(scratch_path("old.txt"), &n);
    cr_expect(n == 3 && memcmp(bytes, "old", 3) == 0);
    free(bytes);
    cr_expect(give("old.txt", false, &err), "%s", err.message);
    bytes = read_file(scratch_path("old.txt"), &n);
    cr_expect(n == 4 && memcmp(bytes, "new\n", 4) == 0, "without one it is replaced");
    free(bytes);
}
