/* The grammar: what a line becomes, and where its errors point. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/grammar/value.h"

/* A call as text: the command, then words, NAME=values, > and | as they came, [..] around what was quoted. */
static char *describe(const struct call *call)
{
    struct buf out = {0};
    buf_puts(&out, call->command ? call->command->name : "nothing");
    for (size_t i = 0; i < call->n_words; i++) {
        const struct call_word *word = &call->words[i];
        buf_printf(&out, word->quoted ? " [%.*s]" : " %.*s", STR_ARGS(word->text));
    }
    for (size_t i = 0; call->command && i < command_options(call->command); i++)
        if (call->values[i].text.s)
            buf_printf(&out, call->values[i].quoted ? " %s=[%.*s]" : " %s=%.*s", command_option(call->command, i)->name,
                       STR_ARGS(call->values[i].text));
    if (call->output.n)
        buf_printf(&out, " > %.*s", STR_ARGS(call->output));
    if (call->pipe.n)
        buf_printf(&out, " | %.*s", STR_ARGS(call->pipe));
    if (call->rest.n)
        buf_printf(&out, " REST %zu %.*s", call->rest_column, STR_ARGS(call->rest));
    cr_assert(!out.failed);
    return out.data;
}

static const struct {
    const char *line, *expected;
} good[] = {
    {"", "nothing"},
    {"   \t ", "nothing"},
    {"# show L0", "nothing"},
    {"  # indented", "nothing"},
    {"models", "models"},
    {"models\r", "models"},
    {"models\r\n", "models"},
    {"  models  # all of them", "models"},
    {"exit", "quit"},
    {"? show", "help show"},
    {"use roberta#1", "use roberta#1"}, /* no comment inside a word */
    {"use a #b", "use a"},
    {"use \"a #b\"", "use [a #b]"},
    {"use 'a #b'", "use [a #b]"},
    {"use don't", "use don't"},
    /* quotes */
    {"run \"hey what's up\"", "run [hey what's up]"},
    {"run \" hey\"", "run [ hey]"},
    {"run \"\"", "run []"},
    {"run ''", "run []"},
    {"run 'a\\nb $HOME `ls`'", "run [a\\nb $HOME `ls`]"},
    {"run \"$HOME ~ * `ls` \\u0041\"", "run [$HOME ~ * `ls` A]"},
    {"run \"a\\\"b\\\\c\\/d\"", "run [a\"b\\c/d]"},
    {"run \"\\b\\f\\n\\r\\t\"", "run [\b\f\n\r\t]"},
    {"run \"\\u00e9\\u4e2d\\uD83D\\uDE00\"", "run [\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80]"},
    {"run \"a # b > c | d\"", "run [a # b > c | d]"},
    {"run \"first\" \"second\"", "run [first] [second]"},
    {"run \"x\"> f.csv", "run [x] > f.csv"},
    {"run hello", "run hello"},
    {"run -", "run -"},
    {"run -  # the rest of standard input", "run -"},
    /* where the first word is bare, the text is the rest of the line as it stands */
    {"run hey what's up", "run hey what's up"},
    {"run   don't  stop  \t\r", "run don't  stop"},
    {"run a > b | c # d", "run a > b | c # d"},
    {"run #MeToo > all", "run #MeToo > all"},
    {"run > 3 is more", "run > 3 is more"},
    {"run -5 degrees", "run -5 degrees"},
    {"run - ", "run -"},
    {"run say \"no\" \\n", "run say \"no\" \\n"},
    {"run as=fox the 'cat' @1 L0", "run the 'cat' @1 L0 as=fox"},
    {"run as=\"a b\" model=x y", "run y as=[a b] model=x"},
    {"run the as=x cat", "run the as=x cat"}, /* no option at the end */
    {"run the cat x=3", "run the cat x=3"},
    {"run the cat as = x", "run the cat as = x"},
    {"run ids=1,2 # ids", "run ids=1,2"}, /* ids= and file= stand for a text */
    {"run file=a.txt # a letter", "run file=a.txt"},
    {"time run a > b", "time REST 6 run a > b"},
    /* a selector alone is shown */
    {"L5.H1", "show L5.H1"},
    {"  l5.h1", "show l5.h1"},
    {"L5", "show L5"},
    {"H2", "show H2"},
    {"D1.H2", "show D1.H2"},
    {"X1.H2 part=scores > a.png", "show X1.H2 part=scores > a.png"},
    {"E0.H1", "show E0.H1"},
    {"L-1 L0", "show L-1 L0"},
    {"L*.H0", "show L*.H0"},
    {"L0-5.H*|less", "show L0-5.H* | less"},
    {"*", "show *"},
    {"* agg=mean", "show * agg=mean"},
    {"run \"x\" as=fox", "run [x] as=fox"},
    /* selectors, runs, options in any order */
    {"show L2.H1", "show L2.H1"},
    {"show @1 @2 L0.H2", "show @1 @2 L0.H2"},
    {"show part=c2c+c2p L2.H1 k=cat#2", "show L2.H1 part=c2c+c2p k=cat#2"},
    {"show k=# q=</s>", "show q=</s> k=#"},
    {"show k=> q=|", "show q=| k=>"},
    {"show k=\"a b\"", "show k=[a b]"},
    {"show k='it\\s'", "show k=[it\\s]"},
    {"columns *", "columns *"},
    {"drop @1 @fox", "drop @1 @fox"},
    {"set keep=20 digits=2", "set keep=20 digits=2"},
    /* > and | */
    {"runs > out.csv", "runs > out.csv"},
    {"runs >out.csv", "runs > out.csv"},
    {"runs>out.csv", "runs > out.csv"},
    {"runs > \"my runs.csv\"", "runs > my runs.csv"},
    {"runs > 'a\\b'  # done", "runs > a\\b"},
    {"runs format=csv | head -1 | wc -l", "runs format=csv | head -1 | wc -l"},
    {"runs|cat # for sh", "runs | cat # for sh"},
    {"use <mask>", "use <mask>"}, /* a > that closes a < belongs to the word */
    {"use <|end|>", "use <|end|>"},
    {"models > {n}.csv", "models > {n}.csv"},
    /* the rest of a line */
    {"!ls -l | wc > x", "shell REST 2 ls -l | wc > x"},
    {"! ls", "shell REST 3 ls"},
    {"shell echo \"a  b\"", "shell REST 7 echo \"a  b\""},
    {"time run \"x\" > y", "time REST 6 run \"x\" > y"},
    {"each c.txt : export L2.H1 > m/{n}.npy", "each c.txt REST 14 export L2.H1 > m/{n}.npy"},
    {"each c.txt: runs", "each c.txt REST 13 runs"},
    {"each \"a b.txt\": runs", "each [a b.txt] REST 17 runs"},
    {"complete show  ", "complete REST 10 show  "},
};

Test(grammar, lines_become_calls)
{
    struct buf wrong = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct call call;
        struct err err = {0};
        char *found = NULL;
        if (!call_parse(good[i].line, false, &call, &err))
            buf_printf(&wrong, "\n%s: %s", good[i].line, err.message);
        else if (found = describe(&call), strcmp(found, good[i].expected) != 0)
            buf_printf(&wrong, "\n%s: %s, expected %s", good[i].line, found, good[i].expected);
        free(found);
        call_free(&call);
    }
    cr_assert_eq(wrong.n, 0, "%s", buf_cstr(&wrong));
}

static const struct {
    const char *line;
    long column;
    size_t length;
    const char *part; /* of the message */
} bad[] = {
    {"shwo L2", 1, 4, "unknown command \"shwo\"; did you mean show?"},
    {"  shwo", 3, 4, "did you mean show?"},
    {"xyzzy", 1, 5, "help lists the commands"},
    {"sho L1", 1, 3, "unknown command \"sho\"; did you mean show?"}, /* no prefixes in scripts */
    {"\"run\"", 1, 1, "begins with its verb"},
    {"> x", 1, 1, "begins with its verb"},
    {"help\"x\"", 5, 1, "a blank is missing after help"},
    {"run \"abc", 5, 1, "the quote \" is never closed"},
    {"run 'abc", 5, 1, "the quote ' is never closed"},
    {"run \"abc\\\"", 5, 1, "never closed"},
    {"run \"abc\\", 9, 1, "escape"},
    {"run \"a\\qb\"", 7, 2, "unknown escape"},
    {"run \"\\u12g4\"", 6, 2, "four hexadecimal digits"},
    {"run \"\\u12\"", 6, 2, "four hexadecimal digits"},
    {"run \"\\ud800x\"", 6, 6, "surrogate"},
    {"run \"\\udc00\"", 6, 6, "surrogate"},
    {"run \"\\ud800\\u0041\"", 6, 6, "surrogate"},
    {"run \"it \"is\"", 10, 1, "a blank is missing after the closing quote"},
    {"tokens hello world", 14, 5, "a text of several words stands in quotes"},
    /* an option behind a text without quotes was meant as one */
    {"run the cat as=fox", 13, 6, "as= stands before a text without quotes: run as=fox the text"},
    {"run the cat as=", 13, 3, "stands before a text"},
    {"run the cat as=\"a b\"  ", 13, 8, "stands before a text"},
    {"run as=x the cat add_special=off", 18, 15, "add_special= stands before"},
    {"run the cat format=csv", 13, 10, "format= stands before"},
    {"run x=3 is", 5, 1, "a text that begins so stands in quotes"},
    {"run 'tis the season", 5, 1, "the quote ' is never closed"},
    {"run - a b", 7, 1, "one word too many"},
    {"run ids=1,2 a b", 15, 1, "one word too many"},
    {"L5.H1 as=3", 7, 2, "show has no option as="},
    {"run \"a\" \"b\" \"c\"", 13, 3, "one word too many"},
    {"models x", 8, 1, "takes no words"},
    {"use a b", 7, 1, "one word too many"},
    {"use", 4, 1, "wants a loaded model"},
    {"use # a", 8, 1, "wants a loaded model"},
    {"drop", 5, 1, "wants a run"},
    {"drop fox", 6, 3, "one word too many"},
    {"show L0 prt=c2c", 9, 3, "show has no option prt=; did you mean part=?"},
    {"show L0 zzz=1", 9, 3, "it has "},
    {"show --part c2c", 6, 6, "without dashes"},
    {"set keep = 3", 5, 4, "without blanks"},
    {"set keep=1 keep=2", 12, 4, "given twice"},
    {"set keep=", 5, 5, "has no value"},
    {"set keep=x", 10, 1, "wants a whole number, found \"x\""},
    {"set keep=3x", 10, 2, "wants a whole number"},
    {"set keep=0", 10, 1, "from 1 to 10000, found 0"},
    {"set keep=99999999999999999999", 10, 20, "wants a whole number"},
    {"set digits=10", 12, 2, "from 1 to 9, found 10"},
    {"set color=alway", 11, 5, "did you mean always?"},
    {"set color=", 5, 6, "has no value"},
    {"set palette=viridiz", 13, 7, "did you mean viridis?"},
    {"set format=jsn", 12, 3, "did you mean json?"},
    {"heads sort=entropi", 12, 7, "did you mean entropy?"},
    {"columns all=yes", 13, 3, "on or off"},
    {"show scale=logg", 12, 4, "log:FLOOR"},
    {"run ids=1,,2", 9, 4, "whole numbers with commas"},
    {"run ids=1,2,", 9, 4, "whole numbers with commas"},
    {"run ids=-1", 9, 2, "whole numbers with commas"},
    {"runs >", 6, 1, "wants a file's name"},
    {"runs > # x", 6, 1, "wants a file's name"},
    {"runs >> x", 6, 2, ">> does not exist"},
    {"runs > a b", 10, 1, "ends a command"},
    {"runs > a format=csv", 10, 10, "ends a command"},
    {"runs > a | cat", 10, 1, "ends a command"},
    {"runs |", 6, 1, "wants a command of the shell"},
    {"runs |  ", 6, 1, "wants a command of the shell"},
    {"!", 2, 1, "wants a command of the shell"},
    {"time", 5, 1, "wants a command"},
    {"each c.txt", 11, 1, "wants a colon and a command"},
    {"each c.txt :", 13, 1, "wants a colon and a command"},
    {"each c.txt show L0", 12, 4, "a colon is missing"},
};

Test(grammar, errors_point_at_their_place)
{
    struct buf wrong = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct call call;
        struct err err = {0};
        if (call_parse(bad[i].line, false, &call, &err))
            buf_printf(&wrong, "\n%s: was taken", bad[i].line);
        else if (err.column != bad[i].column || err.length != bad[i].length || !strstr(err.message, bad[i].part))
            buf_printf(&wrong, "\n%s: column %ld length %zu \"%s\", expected %ld %zu \"%s\"", bad[i].line, err.column, err.length,
                       err.message, bad[i].column, bad[i].length, bad[i].part);
        call_free(&call);
    }
    cr_assert_eq(wrong.n, 0, "%s", buf_cstr(&wrong));
}

Test(grammar, prefixes_are_for_the_prompt_alone)
{
    struct call call;
    struct err err = {0};
    cr_assert(call_parse("mod", true, &call, &err), "%s", err.message);
    cr_assert_str_eq(call.command->name, "models");
    call_free(&call);
    cr_assert_not(call_parse("mod", false, &call, &err));
    call_free(&call);
    cr_assert_not(call_parse("h", true, &call, &err));
    cr_assert(strstr(err.message, "could be") && strstr(err.message, "help") && strstr(err.message, "history"), "%s",
              err.message);
    call_free(&call);
    cr_assert(call_parse("run \"x\"", true, &call, &err), "the full name wins over runs: %s", err.message);
    cr_assert_str_eq(call.command->name, "run");
    call_free(&call);
}

Test(grammar, the_full_line_spells_the_verb_out)
{
    static const char *const rows[][2] = {{"mod format=csv", "models format=csv"},
                                          {"  q # bye", "  quit # bye"},
                                          {"!ls", "!ls"},
                                          {" L5.H1 # x", " show L5.H1 # x"},
                                          {"run don't", "run don't"},
                                          {"# x", "# x"},
                                          {"shwo x", "shwo x"},
                                          {"runs > \"a b\"", "runs > \"a b\""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *full = call_full_line(rows[i][0], true, NULL);
        cr_expect_str_eq(full, rows[i][1]);
        free(full);
    }
}

Test(grammar, a_home_is_put_in_front_of_bare_file_names_only)
{
    struct call call;
    setenv("HOME", "/home/ada", 1);
    cr_assert(call_parse("runs > ~/x.csv", false, &call, NULL));
    cr_expect(str_is(call.output, "/home/ada/x.csv"));
    call_free(&call);
    cr_assert(call_parse("runs > \"~/x.csv\"", false, &call, NULL));
    cr_expect(str_is(call.output, "~/x.csv"));
    call_free(&call);
    cr_assert(call_parse("source ~/x.gaze", false, &call, NULL));
    cr_expect(str_is(call_arg(&call, ARG_FILE, 0)->text, "/home/ada/x.gaze"));
    call_free(&call);
    cr_assert(call_parse("run ~/x", false, &call, NULL));
    cr_expect(str_is(call_arg(&call, ARG_TEXT, 0)->text, "~/x"), "a text stays as it is");
    call_free(&call);
}

Test(grammar, a_nul_in_quotes_is_a_character)
{
    struct call call;
    cr_assert(call_parse("run \"a\\u0000b\"", false, &call, NULL));
    struct str text = call_arg(&call, ARG_TEXT, 0)->text;
    cr_expect(text.n == 3 && memcmp(text.s, "a\0b", 3) == 0);
    call_free(&call);
    cr_assert_not(call_parse("runs > \"a\\u0000b\"", false, &call, NULL), "no file has such a name");
    call_free(&call);
}

/* Every row is whole, and no two share a name. */
Test(grammar, every_command_is_whole)
{
    struct buf wrong = {0};
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        if (!c->group || !c->summary || !c->help || !c->examples || !c->run)
            buf_printf(&wrong, "\n%s lacks its group, summary, help, examples or function", c->name);
        if (command_named(str_of(c->name)) != c)
            buf_printf(&wrong, "\n%s is found as another", c->name);
        for (size_t k = 0; k < command_options(c); k++) {
            const struct option *option = command_option(c, k);
            struct err err = {0};
            if (!option->summary || !option_shape(option))
                buf_printf(&wrong, "\n%s %s= has no summary or shape", c->name, option->name);
            if (option->fallback && *option->fallback && !option_check(option, str_of(option->fallback), &err))
                buf_printf(&wrong, "\n%s %s=: its own default is wrong: %s", c->name, option->name, err.message);
        }
    }
    cr_assert_eq(wrong.n, 0, "%s", buf_cstr(&wrong));
}

/* The examples of help are lines that the grammar takes. */
Test(grammar, every_example_parses)
{
    struct buf wrong = {0};
    for (size_t i = 0; commands[i]; i++)
        for (const char *at = commands[i]->examples; at && *at;) {
            size_t n = strcspn(at, "\n");
            char *line = strndup(at, n);
            struct call call;
            struct err err = {0};
            if (!call_parse(line, false, &call, &err))
                buf_printf(&wrong, "\n%s: %s", line, err.message);
            else if (call.command && call.rest.n && call.command->args[call.n_words].kind == ARG_COMMAND) {
                struct call nested;
                if (!call_parse(call.rest.s, false, &nested, &err))
                    buf_printf(&wrong, "\n%s: %s", line, err.message);
                call_free(&nested);
            }
            call_free(&call);
            free(line);
            at += n + (at[n] == '\n');
        }
    cr_assert_eq(wrong.n, 0, "%s", buf_cstr(&wrong));
}

/* Whatever bytes a line holds, the answer is a call or one error with a place inside the line. */
Test(grammar, any_bytes_give_a_call_or_an_error)
{
    static const char letters[] = "show run set each time! @*L0.H1=#\"'\\>|<:u \t\r\xC3\xA9~-,";
    unsigned long long state = 88172645463325252ULL;
    for (size_t round = 0; round < 20000; round++) {
        char line[40];
        size_t n = 0;
        for (size_t length = round % sizeof line; n < length; n++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            line[n] = letters[state % (sizeof letters - 1)];
        }
        line[n < sizeof line ? n : sizeof line - 1] = 0;
        struct call call;
        struct err err = {0};
        if (!call_parse(line, round & 1, &call, &err))
            cr_assert(err.code && err.message[0] && err.column >= 1 && (size_t)err.column <= strlen(line) + 1, "%s: %ld %s", line,
                      err.column, err.message);
        call_free(&call);
    }
}
