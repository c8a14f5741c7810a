/* load: a model from disk into the session. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/unread.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/session/find_model.h"

/* What a person calls it: as=, else the last part of the name given; "." and a file's path take the folder's name. */
static struct str wanted_name(const struct call *call, struct str given)
{
    if (call_given(call, "as"))
        return call_str(call, "as");
    while (given.n > 1 && given.s[given.n - 1] == '/')
        given.n--;
    for (size_t i = given.n; i-- > 0;)
        if (given.s[i] == '/')
            return (struct str){given.s + i + 1, given.n - i - 1};
    return given;
}

/* The name is the path's own where that is a folder with a name; else the loader's (the folder's real name). */
static bool is_own_name(const char *path, struct str name)
{
    return file_is_folder(path) && name.n && !str_is(name, ".") && !str_is(name, "..");
}

/* Take the name that the loader found and make it free. */
static bool free_name(const struct session *session, struct model *model, struct err *err)
{
    char *name = session_free_name(session, str_of(model->name), err);
    if (!name)
        return false;
    free(model->name);
    model->name = name;
    return true;
}

static void say_heads(const struct stack *stack, struct buf *line)
{
    buf_puts(line, " layers of ");
    stack_say_heads(stack, line);
    buf_puts(line, " heads");
}

/* ": t5, 6 + 6 layers of 8 heads, 60.5 M parameters": encoder and decoder. */
static void say_layers(const struct model *model, struct buf *line)
{
    const struct stack *decoder = &model->stacks[STACK_DECODER];
    buf_printf(line, ": %s, %zu", model->arch->name, model->stacks[STACK_MAIN].layers);
    if (decoder->layers)
        buf_printf(line, " + %zu", decoder->layers);
    if (model->arch->mixing)
        buf_puts(line, " layers without attention");
    else
        say_heads(&model->stacks[STACK_MAIN], line);
    buf_printf(line, ", %.3g M parameters", (double)model->parameters / 1e6);
}

/* A folder of the Hugging Face cache that lacks the weights: a download that was interrupted, or of the tokenizer alone. */
static bool lies_in_cache(const char *path)
{
    const char *repository = strstr(path, "/models--");
    return repository && strstr(repository, "/snapshots/");
}

static void report(struct result *result, const struct model *model)
{
    struct buf line = {0};
    buf_puts(&line, model->name);
    if (model->arch)
        say_layers(model, &line);
    else
        buf_printf(&line, ": a tokenizer of %zu ids alone, no weights", tokenizer_vocab_size(model->tokenizer));
    result_note(result, "%s", buf_cstr(&line));
    if (model->fresh || model->shuffled)
        result_note(result, "%s: its weights are %s, seed %" PRIu64 ": what it shows, it has not learned", model->name,
                    model->fresh ? "fresh" : "shuffled within each tensor", model->seed);
    line.n = 0;
    if (unread_line(model, &line))
        result_note(result, "%s: %s", model->name, buf_cstr(&line));
    if (!model->tokenizer)
        result_note(result, "no tokenizer%s%s; texts go in as ids: run ids=1,7,2", model->tokenizer_problem ? ": " : "",
                    model->tokenizer_problem ? model->tokenizer_problem : "");
    buf_free(&line);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_LOADABLE, 0);
    bool fresh = str_is(call_str(call, "weights"), "random"), shuffled = str_is(call_str(call, "weights"), "shuffled");
    if (call_given(call, "seed") && !fresh && !shuffled) {
        err_set(err, ERR_ARG, "seed= stands beside weights=random or weights=shuffled");
        return call_blame_option(call, "seed", err);
    }
    char *path = session_find_model(session, word->text, err);
    if (!path)
        return call_blame(call, word, err);
    if (!str_is(call_str(call, "memory"), "any") && !checkpoint_fits(path, 0, err)) {
        err_prefix(err, "memory=any loads it all the same: ");
        free(path);
        return call_blame(call, word, err);
    }
    struct str wanted = wanted_name(call, word->text);
    bool named = call_given(call, "as") || is_own_name(path, wanted);
    char *name = named ? session_free_name(session, wanted, err) : NULL;
    bool in_cache = lies_in_cache(path);
    uint64_t seed = (uint64_t)call_int(call, "seed");
    struct model *model = named && !name ? NULL
                          : fresh        ? model_load_fresh(path, name, seed, err)
                          : shuffled     ? model_load_shuffled(path, name, seed, err)
                                         : model_load(path, name, err);
    free(name);
    free(path);
    if (!model)
        return call_blame(call, word, err);
    if (!named && !free_name(session, model, err)) {
        model_free(model);
        return false;
    }
    if (!session_add_model(session, model, err))
        return false;
    report(result, model);
    if (!model->arch && in_cache)
        result_note(result, "its weights are not in the cache: pull %.*s", STR_ARGS(word->text));
    result_note_name(result, call, str_of(model->name));
    return true;
}

static const struct option options[] = {
    {"weights", VALUE_ENUM, "file|random|shuffled", "file",
     "random: fresh ones, as the family initialises them; shuffled: each tensor's own numbers in another order; controls", 0, 0},
    {"seed", VALUE_INT, NULL, "1", "of weights=random and weights=shuffled", 0, 9007199254740991},
    {"memory", VALUE_ENUM, "fits|any", "fits", "any: weights larger than this machine's memory too; pages are read as they are needed", 0,
     0},
    {"as", VALUE_WORD, NULL, NULL, "the name it is called by, instead of its folder's", 0, 0},
    {0},
};
static const struct arg args[] = {
    {"MODEL", ARG_LOADABLE, false, false, "a folder or a file in it, a shipped model, or an id in the local cache"},
    {0},
};
const struct command command_load = {
    .name = "load",
    .group = "models",
    .keywords = "open|read a model|import|checkpoint|hub|hugging face|download|from_pretrained|safetensors|gguf|llama.cpp|quantised|word2vec|glove|fasttext",
    .summary = "load a model from disk",
    .help = "A path is taken as it is. Any other name is looked for in $GAZE_MODELS, among the shipped models, and in the\n"
            "local Hugging Face cache, ID@REVISION too; nothing is fetched, `pull ID` does that. The model is then in use; one of the same name before it\n"
            "stays, and this one gets -2. A folder with a tokenizer alone gives a model for `tokens`; weights without a\n"
            "tokenizer give one for `run ids=`. A file of weights named by its path is that file; a tokenizer's file\n"
            "named by its path is the tokenizer alone. weights=random keeps the configuration and the tokenizer and begins anew. "
            "A GGUF file is a whole model, configuration and tokenizer too; of a folder with several, one is named by its path, of\n"
            "splits any. Its weights stay quantised and are widened as they are used. "
            "What a checkpoint holds and gaze does not use is said in one line.",
    .examples = "load roberta-tiny\nload ~/models/bert-base-uncased as=bert\nload org/name\nload roberta-tiny weights=random "
                "seed=3 as=untrained",
    .options = options,
    .args = args,
    .run = run,
};
