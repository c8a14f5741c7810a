/* Completion: what is offered for the end of a line, with a model and a run in the session. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/forward.h"
#include "repl/line/complete.h"
#include "tests/support/scratch.h"

static struct session session;

/* A small model from the shipped ones, and two runs, the second called fox. */
static void open_session(void)
{
    struct err err = {0};
    cr_assert(session_init(&session, "build/gaze", &err));
    struct model *model = model_load("examples/models/deberta-v1-tiny", NULL, &err);
    cr_assert(model, "%s", err.message);
    cr_assert(session_add_model(&session, model, &err));
    for (int i = 0; i < 2; i++) {
        struct encoding encoding = {0};
        cr_assert(tokenizer_encode(model->tokenizer, STR("The cat sat"), NULL, 0, &encoding, &err));
        struct run *run = run_one(model, &encoding, NULL, &err);
        cr_assert(run, "%s", err.message);
        cr_assert(session_add_run(&session, run, i ? STR("fox") : (struct str){0}, NULL, NULL, &err));
    }
    unsetenv("GAZE_MODELS");
    setenv("HF_HUB_CACHE", scratch_path("nohub"), 1);
    mkdir(scratch_path("files"), 0700);
    mkdir(scratch_path("files/sub"), 0700);
    scratch_write("files/one.txt", "a", 1);
    scratch_write("files/one two.txt", "a", 1);
    scratch_write("files/.hidden", "a", 1);
    cr_assert_eq(chdir(scratch_path("files")), 0);
}

static void close_session(void)
{
    session_free(&session);
    cr_assert_eq(chdir("/"), 0);
}

/* Candidates joined by blanks, "…" standing for the line before them. */
static void expect(const char *line, const char *expected)
{
    struct completions found;
    struct err err = {0};
    struct buf text = {0};
    cr_assert(complete_line(&session, str_of(line), &found, &err), "%s", err.message);
    for (size_t i = 0; i < found.n; i++)
        buf_printf(&text, "%s%.*s", i ? " " : "", STR_ARGS(found.items[i].text));
    cr_expect_str_eq(buf_cstr(&text), expected, "after `%s`: %s, expected %s", line, buf_cstr(&text), expected);
    buf_free(&text);
    completions_free(&found);
}

Test(complete, every_kind, .init = open_session, .fini = close_session)
{
    expect("hi", "history");
    expect("  unl", "unload");
    expect("xyz", "");
    expect("history ", "format=");
    expect("set dig", "digits=");
    expect("set digits=2 dig", "");
    expect("set color=a", "color=always color=auto");
    expect("set palette=vi", "palette=vik palette=viridis");
    expect("set format=c", "format=csv");
    expect("heads sort=en", "sort=entropy");
    expect("columns all=", "all=off all=on");
    expect("show scale=s", "scale=sqrt scale=symlog");
    expect("use ", "deberta-v1-tiny format=");
    expect("drop @", "@1 @2 @fox");
    expect("drop @1 @f", "@fox");
    expect("patch L0.H1 from=", "from=@1 from=@2 from=@fox");
    expect("patch L0.H1 from=@f", "from=@fox");
    expect("show L", "L0. L1. L2. L3. L4. L5.");
    expect("show L2.H", "L2.H* L2.H0 L2.H1 L2.H2 L2.H3");
    expect("show L2.H1 par", "part=");
    expect("show part=c2c+c", "part=c2c+c2p");
    expect("show part=w2w+w", "part=w2w+w2p part=w2w+wprest");
    expect("show part=w2w+wprest+", "part=w2w+wprest+c2p part=w2w+wprest+p2c part=w2w+wprest+p2p part=w2w+wprest+p2w part=w2w+wprest+w2p");
    expect("plot part=scores,c2p+c", "part=scores,c2p+c2c");
    expect("show softmax=qb", "softmax=qbias");
    expect("show part=s", "part=scores");
    expect("show without=p", "without=p2c without=p2p without=p2w");
    expect("show k=c", "k=cat");
    expect("show k=0,sa", "k=0,sat");
    expect("help apr", "apropos");
    expect("time set pal", "palette=");
    expect("each one.txt : set dig", "digits=");
    expect("each one.txt : show L1.H*", "L1.H*");
    expect("plot size=", "size=acl1 size=acl2 size=icml1 size=icml2 size=nature1 size=nature2 size=neurips");
    expect("grid size=n", "size=nature1 size=nature2 size=neurips");
    expect("L2.H", "L2.H* L2.H0 L2.H1 L2.H2 L2.H3");
    expect("L2.H1 par", "part=");
    expect("run the cat as", "");
    expect("run as=x add", "add_special=");
    expect("runs | le", "");
    expect("!l", "");
}

Test(complete, files_with_blanks_are_quoted, .init = open_session, .fini = close_session)
{
    expect("source on", "\"one two.txt\" one.txt");
    expect("source \"on", "\"one two.txt\" \"one.txt\"");
    expect("source su", "sub/");
    expect("source .h", ".hidden");
    expect("runs > one.", "one.csv one.json one.tsv one.txt");
    expect("runs > one.t", "one.tsv one.txt");
    expect("runs >one.tx", "one.txt");
    expect("export > on", "\"one two.txt\" one.txt");
    expect("export L0.H0 > su", "sub/");
    expect("export L0.H0>su", "sub/");
    expect("export > a.np", "a.npy a.npz");
    expect("export > a.p", "");
    expect("plot L0.H0 > map.pn", "map.png");
    expect("vectors save > v.b", "v.bin");

    expect("run file=one.", "file=one.txt");
    expect("run file=\"one t", "file=\"one two.txt\"");
    expect("load su", "sub/");
}

Test(complete, an_item_replaces_the_line_from_its_start, .init = open_session, .fini = close_session)
{
    struct completions found;
    cr_assert(complete_line(&session, STR("each one.txt : set dig"), &found, NULL));
    cr_expect_eq(found.start, strlen("each one.txt : set "));
    completions_free(&found);
    cr_expect(completion_is_whole(STR("models")));
    cr_expect_not(completion_is_whole(STR("part=")));
    cr_expect_not(completion_is_whole(STR("sub/")));
}

/* The meaning of the only candidate for a line; NULL where there are others. */
static void expect_meaning(const char *line, const char *part)
{
    struct completions found;
    cr_assert(complete_line(&session, str_of(line), &found, NULL));
    cr_assert_eq(found.n, 1, "%s: %zu candidates", line, found.n);
    cr_expect(memmem(found.items[0].meaning.s, found.items[0].meaning.n, part, strlen(part)), "%s: \"%.*s\"", line,
              STR_ARGS(found.items[0].meaning));
    completions_free(&found);
}

Test(complete, candidates_carry_what_they_mean, .init = open_session, .fini = close_session)
{
    expect_meaning("neig", "nearest");
    expect_meaning("show L0.H0 special=r", "");
    expect_meaning("show L0.H0 agg", "fold the selected heads");
    expect_meaning("plot size=acl1", "7.7 cm");
    expect_meaning("set palette=viri", "");
    expect_meaning("runs > a.js", "");
}

/* Every beginning of every example is completed without a word out of place: each item starts with what was typed. */
Test(complete, every_beginning_of_the_examples, .init = open_session, .fini = close_session)
{
    for (size_t i = 0; commands[i]; i++)
        for (const char *at = commands[i]->examples; at && *at;) {
            size_t n = strcspn(at, "\n");
            for (size_t k = 0; k <= n; k++) {
                struct completions found;
                struct str line = {at, k};
                cr_assert(complete_line(&session, line, &found, NULL));
                cr_assert_leq(found.start, k);
                completions_free(&found);
            }
            at += n + (at[n] == '\n');
        }
}
