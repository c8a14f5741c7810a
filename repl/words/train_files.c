/* Where a training writes. See train_files.h. */
#include "repl/words/train_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "repl/grammar/call.h"
#include "repl/words/asked_words.h"

/* The output's name with .ckpt. */
static char *name_beside(struct str output, struct err *err)
{
    struct buf name = {0};
    buf_str(&name, output);
    buf_puts(&name, ".ckpt");
    if (buf_ok(&name, err))
        return name.data;
    buf_free(&name);
    return NULL;
}

/* The name of the state: given, beside the output, or that of the state gone on from. */
static bool choose_state(const struct call *call, struct train_place *place, struct err *err)
{
    if (call_given(call, "checkpoint-file"))
        place->state = mem_copy_str(call_str(call, "checkpoint-file"), err);
    else if (!place->straight)
        place->state = name_beside(call->output, err);
    else if (place->resume)
        place->state = mem_copy_str(str_of(place->resume), err);
    else
        return err_set(err, ERR_ARG, "where do the vectors go? train … > vectors.bin; into a pipe or device it needs checkpoint-file=FILE, for its state");
    return place->state && (place->scratch = path_folder(place->state, err));
}

/* Do two names mean one file, there already or not yet? */
static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    bool has_a = stat(a, &x) == 0, has_b = stat(b, &y) == 0;
    if (!has_a && !has_b) {
        char *folder_a = path_folder(a, NULL), *folder_b = path_folder(b, NULL);
        const char *name_a = strrchr(a, '/'), *name_b = strrchr(b, '/');
        has_a = has_b = strcmp(name_a ? name_a + 1 : a, name_b ? name_b + 1 : b) == 0 && folder_a && folder_b &&
                        stat(folder_a, &x) == 0 && stat(folder_b, &y) == 0;
        free(folder_a);
        free(folder_b);
    }
    return has_a && has_b && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool holds_something(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* The corpus, the vectors and the state are three files, and what the state's name holds already is another state. */
static bool check_names(const struct call *call, const struct train_options *o, const struct train_place *place, struct err *err)
{
    const char *output = place->straight ? NULL : place->output;
    if (output && same_file(output, o->corpus)) {
        err_set(err, ERR_ARG, "%s is the corpus: the vectors would take its place", o->corpus);
        return call_blame(call, &call->output_word, err);
    }
    if (output && place->resume && same_file(output, place->resume)) {
        err_set(err, ERR_ARG, "%s is the state: the vectors would take its place", place->resume);
        return call_blame(call, &call->output_word, err);
    }
    if (same_file(place->state, o->corpus))
        err_set(err, ERR_ARG, "%s is the corpus: the state would take its place", o->corpus);
    else if (output && same_file(place->state, output))
        err_set(err, ERR_ARG, "%s is the output: the state needs a name of its own", output);
    else if (holds_something(place->state) && !checkpoint_starts(place->state))
        err_set(err, ERR_ARG, "%s is no state of a training, and one would take its place: checkpoint-file= names another",
                place->state);
    else
        return true;
    return call_given(call, "checkpoint-file") ? call_blame_option(call, "checkpoint-file", err)
                                               : call_blame(call, &call->output_word, err);
}

/* What would fail after hours fails now. */
static bool check_place(const struct call *call, const struct train_place *place, struct err *err)
{
    if (place->straight && place->format->beside) {
        err_set(err, ERR_ARG, "%s needs a file: it puts another beside it", place->format->name);
        return call_given(call, "format") ? call_blame_option(call, "format", err) : call_blame(call, &call->output_word, err);
    }
    if (place->output && !out_check(place->output, err))
        return call_blame(call, &call->output_word, err);
    if (out_check(place->state, err))
        return true;
    return call_given(call, "checkpoint-file") ? call_blame_option(call, "checkpoint-file", err) : false;
}

bool train_place_choose(const struct session *session, const struct call *call, const struct train_options *o,
                        struct train_place *place, struct err *err)
{
    struct stat st;
    struct str otherwise = *o->format ? str_of(o->format) : path_extension(call->output);
    place->format = chosen_format(call, otherwise.n ? otherwise : STR("bin"), err);
    if (!place->format)
        return false;
    if (!call->output.n && !call->pipe.n && session->stdout_is_terminal)
        return err_set(err, ERR_ARG, "vectors are no text for a terminal: train … > vectors.bin");
    if (call->output.n && !(place->output = mem_copy_str(call->output, err)))
        return false;
    place->straight = !place->output || (stat(place->output, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
    if (call_given(call, "resume") && !(place->resume = mem_copy_str(call_str(call, "resume"), err)))
        return false;
    if (!choose_state(call, place, err) || !check_names(call, o, place, err) || !check_place(call, place, err))
        return false;
    place->occupied = holds_something(place->state) && !(place->resume && same_file(place->resume, place->state));
    return true;
}

void train_place_forget(const struct train_place *place, bool written)
{
    bool resumed = place->resume && same_file(place->resume, place->state);
    if (!(resumed && place->straight) && (written || resumed))
        unlink(place->state);
}

void train_place_free(struct train_place *place)
{
    free(place->output);
    free(place->state);
    free(place->resume);
    free(place->scratch);
}
