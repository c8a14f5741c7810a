/* pull: a model of a hub into the local cache. */
#include <string.h>
#include <stdlib.h>

#include "repl/fetch/pull.h"
#include "repl/grammar/call.h"
#include "repl/result/result.h"
#include "repl/session/find_model.h"
#include "repl/terminal/progress.h"

static void report(struct result *result, struct str given, const struct pulled *pulled)
{
    struct buf line = {0};
    buf_printf(&line, "%.*s: %zu file%s, ", STR_ARGS(given), pulled->files, pulled->files == 1 ? "" : "s");
    progress_put_bytes(&line, pulled->bytes);
    if (pulled->fetched < pulled->bytes) {
        buf_puts(&line, pulled->fetched ? " (" : " (all of it was there)");
        if (pulled->fetched) {
            progress_put_bytes(&line, pulled->bytes - pulled->fetched);
            buf_puts(&line, " of it were there)");
        }
    }
    result_note(result, "%s, in %s", buf_cstr(&line), pulled->folder);
    if (pulled->left.n)
        result_note(result, "left there, as gaze does not read them: %.*s", (int)pulled->left.n, pulled->left.data);
    if (pulled->unsafe)
        result_note(result, "%zu of its files %s no name that can be one here: left there", pulled->unsafe,
                    pulled->unsafe == 1 ? "has" : "have");
    buf_free(&line);
}

/* What is told while it works, in front of which the bar goes. */
struct telling {
    struct result *result;
    struct progress *progress;
};

static void say_wait(void *context, const char *why, double seconds)
{
    const struct telling *telling = context;
    progress_end(telling->progress);
    result_note(telling->result, "%s; again in %.0f s", why, seconds);
}

static void say_other(void *context)
{
    const struct telling *telling = context;
    progress_end(telling->progress);
    result_note(telling->result, "another pull is at it: waiting");
}

/* ID, ID@REVISION. */
static void split(struct str given, struct pull *pull)
{
    const char *at = given.n ? memchr(given.s, '@', given.n) : NULL;
    pull->id = (struct str){given.s, at ? (size_t)(at - given.s) : given.n};
    if (at)
        pull->revision = (struct str){at + 1, (size_t)(given.s + given.n - at - 1)};
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_WORD, 0);
    struct hub hub = {0};
    struct pulled pulled = {0};
    struct progress progress;
    struct pull pull = {.hub = &hub, .file = call_str(call, "file")};
    split(word->text, &pull);
    if (memchr(word->text.s, '@', word->text.n) && !pull.revision.n) {
        err_set(err, ERR_ARG, "a revision stands behind the @");
        return call_blame(call, word, err);
    }
    const struct hub_model model = {pull.id, pull.revision.n ? pull.revision : STR("main")};
    if (!hub_check(&model, err))
        return call_blame(call, word, err);
    char *root = find_hub_cache();
    bool ok = root || err_set(err, ERR_ARG, "there is no place for a cache: set HF_HOME or HOME");
    struct telling telling = {result, &progress};
    pull.root = root;
    pull.watch = progress_begin(&progress, session, NULL);
    pull.waits = say_other;
    pull.context = &telling;
    ok = ok && hub_open(&hub, err);
    hub.say = say_wait;
    hub.context = &telling;
    ok = ok && pull_model(&pull, &pulled, err);
    progress_end(&progress);
    if (!ok && pulled.fetched && err && (err->code == ERR_CANCELLED || err->code == ERR_IO))
        result_note(result, "what came is kept, and the next pull goes on from there");
    if (ok)
        report(result, word->text, &pulled);
    pulled_free(&pulled);
    hub_close(&hub);
    free(root);
    return ok || call_blame(call, word, err);
}

static const struct option options[] = {
    {"file", VALUE_WORD, NULL, NULL, "the weights, where there are several: a file, an index, the first of several shards", 0, 0},
    {0},
};
static const struct arg args[] = {
    {"ID", ARG_WORD, false, false, "ORG/NAME or NAME, perhaps @REVISION: a branch, a tag or a commit"},
    {0},
};
const struct command command_pull = {
    .name = "pull",
    .group = "models",
    .keywords = "download|fetch|hub|hugging face|get a model|huggingface-cli|hf download|from_pretrained|snapshot_download",
    .summary = "download a model into the Hugging Face cache",
    .help = "Fetches what gaze reads of a model on the hub, and nothing else: the configuration, the tokenizer, one set of\n"
            "weights, safetensors before PyTorch's; what is left there is said. `load ID` then opens it. The cache is that of\n"
            "huggingface_hub, and either goes on where the other stopped: an interrupted file is kept as a part, one that is\n"
            "there is not fetched again. Sizes and hashes are checked; a model is seen when it is whole.\n"
            "HF_ENDPOINT names another hub, HF_TOKEN (or the file that `hf auth login` writes) the token, which goes to that\n"
            "host alone; HF_HUB_OFFLINE=1 forbids it all.",
    .examples = "pull google/electra-small-discriminator\npull org/name@v1.0\npull org/name-GGUF file=name-Q8_0.gguf",
    .options = options,
    .args = args,
    .run = run,
};
