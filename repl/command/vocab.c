/* vocab: which words there are. */
#include <string.h>

#include "core/base/text.h"
#include "core/embed/index.h"
#include "repl/grammar/call.h"
#include "repl/words/asked_words.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct vectors *v = session_vectors(session, err);
    const struct call_word *word = call_arg(call, ARG_WORDS, 0);
    size_t top = (size_t)call_int(call, "top"), found = 0;
    bool fold = str_is(call_str(call, "case"), "fold"), ok = v != NULL;
    struct buf pattern = {0}, folded = {0};
    if (word && fold)
        word_fold(word->text, &pattern);
    else if (word)
        buf_str(&pattern, word->text);
    else
        buf_char(&pattern, '*');
    ok = ok && buf_ok(&pattern, err) && result_columns(result, "rank,word", err);
    for (size_t i = 0; ok && i < v->V; i++) {
        folded.n = 0;
        if (fold)
            word_fold(v->words[i], &folded);
        if (!text_matches(buf_view(&pattern), fold ? buf_view(&folded) : v->words[i]) || found++ >= top)
            continue;
        struct cell_value cells[] = {{.kind = CELL_INT, .integer = (long long)i + 1}, {.kind = CELL_TEXT, .text = v->words[i]}};
        ok = result_row(result, cells, 2, err);
    }
    if (ok && found > top)
        result_note(result, "%zu of %zu words; top= lists more", top, found);
    else if (ok && !found)
        result_note(result, "no word of %s matches", v->name);
    buf_free(&pattern);
    buf_free(&folded);
    return ok;
}

static const struct option options[] = {OPTION_TOP("20"), OPTION_CASE, {0}};
static const struct arg args[] = {{"PATTERN", ARG_WORDS, true, false, "* stands for anything, ? for one character"}, {0}};
const struct command command_vocab = {
    .name = "vocab",
    .group = "vectors",
    .keywords = "words|frequency|vocabulary|dictionary|list words",
    .summary = "the words that match a pattern",
    .help = "In the set's order, which is usually that of frequency; rank counts from 1. Without a pattern the first words.",
    .examples = "vocab king*\nvocab *ing top=50\nvocab ?a?a case=fold format=csv",
    .options = options,
    .args = args,
    .run = run,
};
