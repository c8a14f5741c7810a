/* The session's books: runs kept and dropped, names, models in use. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/forward.h"
#include "repl/grammar/command.h"
#include "repl/line/execute.h"

static struct session session;

static struct model *add_model(void)
{
    struct err err = {0};
    char *name = session_free_name(&session, STR("roberta-tiny"), &err);
    struct model *model = model_load("examples/models/roberta-tiny", name, &err);
    cr_assert(model, "%s", err.message);
    free(name);
    cr_assert(session_add_model(&session, model, &err));
    return model;
}

static struct kept_run *add_run(const char *name)
{
    struct err err = {0};
    struct encoding encoding = {0};
    cr_assert(tokenizer_encode(session.model->tokenizer, STR("cat"), NULL, 0, &encoding, &err));
    struct run *run = run_one(session.model, &encoding, NULL, &err);
    cr_assert(run, "%s", err.message);
    return session_add_run(&session, run, str_of(name), NULL, NULL, &err);
}

static void set_up(void)
{
    struct err err = {0};
    cr_assert(session_init(&session, NULL, &err));
    add_model();
}

static void tear_down(void)
{
    session_free(&session);
}

static bool there(const char *reference, struct err *err)
{
    return session_run(&session, str_of(reference), err) != NULL;
}

Test(session, the_newest_unnamed_runs_are_kept, .init = set_up, .fini = tear_down)
{
    struct err err = {0};
    session.keep = 2;
    add_run(NULL);
    add_run("fox");
    add_run(NULL);
    add_run(NULL);
    cr_expect_not(there("@1", &err));
    cr_expect(strstr(err.message, "has been dropped"), "%s", err.message);
    cr_expect(there("@fox", &err) && there("@2", &err) && there("@3", &err) && there("@4", &err), "%s", err.message);
    cr_expect_eq(session_run(&session, STR("@"), &err)->number, 4);
    cr_expect_not(there("@9", &err));
    cr_expect(strstr(err.message, "@2 (@fox), @3, @4"), "%s", err.message);
    session_drop(&session, session_run(&session, STR("@4"), &err));
    cr_expect_eq(add_run(NULL)->number, 5, "a number is never used again");
}

Test(session, a_name_moves_to_the_new_run, .init = set_up, .fini = tear_down)
{
    struct err err = {0};
    add_run("fox");
    add_run("fox");
    cr_expect_eq(session_run(&session, STR("@fox"), &err)->number, 2);
    cr_expect(there("@1", &err));
    cr_expect_null(add_run("7"), "a number is no name");
    cr_expect_null(add_run("a b"));
    cr_expect_eq(session.n_runs, 2);
}

Test(session, unloading_takes_the_runs_along, .init = set_up, .fini = tear_down)
{
    struct err err = {0};
    struct model *first = session.model;
    add_run(NULL);
    struct model *second = add_model();
    cr_expect_str_eq(second->name, "roberta-tiny-2");
    cr_expect_eq(session.model, second);
    add_run("fox");
    session_unload(&session, second);
    cr_expect_eq(session.n_runs, 1);
    cr_expect_eq(session.model, first);
    cr_expect_null(session_model(&session, STR("roberta-tiny-2"), &err));
    cr_expect(strstr(err.message, "did you mean roberta-tiny?"), "%s", err.message);
    session_unload(&session, first);
    cr_expect_null(session_current(&session, true, &err));
    cr_expect(strstr(err.message, "load"), "%s", err.message);
    cr_expect_not(there("@", &err));
}

Test(session, history_holds_what_succeeded_in_full, .init = set_up, .fini = tear_down)
{
    session.source_file = "test";
    cr_expect(session_execute(&session, "set keep=3"));
    cr_expect_not(session_execute(&session, "shwo"));
    cr_expect(session_execute(&session, "# nothing"));
    cr_expect(session_execute(&session, "q"));
    session.quit = false;
    cr_expect(session_execute(&session, "  set digits=2 # two"));
    cr_expect(session_execute(&session, "time set digits=3"));
    cr_expect_str_eq(buf_cstr(&session.history), "set keep=3\n  set digits=2 # two\ntime set digits=3\n");
    cr_expect(session.commands_failed);
}
