/* The program's own arguments. See arguments.h. */
#include "repl/program/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "repl/grammar/suggest.h"

bool arguments_add_step(struct arguments *a, bool is_file, const char *text, struct err *err)
{
    if (!mem_grow((void **)&a->steps, &a->steps_capacity, a->n_steps + 1, sizeof *a->steps, "arguments", err))
        return false;
    a->steps[a->n_steps++] = (struct step){is_file, text};
    return true;
}

static bool unknown_option(struct str name, struct err *err)
{
    struct suggestion near;
    suggest_begin(&near, name);
    for (size_t i = 0; program_options[i].take; i++)
        if (program_options[i].name)
            suggest_offer(&near, str_of(program_options[i].name));
    err_set(err, ERR_ARG, "unknown option --%.*s", STR_ARGS(name));
    return suggest_add(&near, "--", "", err);
}

/* Where reading stands in argv. */
struct words {
    int n, at;
    char **word;
};

static bool needs_value(struct words *words, const char *attached, const char **value, struct err *err)
{
    *value = attached;
    if (attached)
        return true;
    if (words->at + 1 >= words->n)
        return err_set(err, ERR_ARG, "%s wants a value", words->word[words->at]);
    *value = words->word[++words->at];
    return true;
}

/* --name, --name=value, --name value. */
static bool read_long(struct words *words, struct arguments *out, struct err *err)
{
    const char *word = words->word[words->at] + 2, *equals = strchr(word, '='), *value = NULL;
    struct str name = {word, equals ? (size_t)(equals - word) : strlen(word)};
    for (const struct program_option *option = program_options; option->take; option++) {
        if (!option->name || !str_is(name, option->name))
            continue;
        if (equals && !option->value)
            return err_set(err, ERR_ARG, "--%s takes no value", option->name);
        return (!option->value || needs_value(words, equals ? equals + 1 : NULL, &value, err)) && option->take(out, value, err);
    }
    return unknown_option(name, err);
}

/* -i, -Xi, -c COMMAND, -cCOMMAND. */
static bool read_short(struct words *words, struct arguments *out, struct err *err)
{
    for (const char *letter = words->word[words->at] + 1; *letter; letter++) {
        const struct program_option *option = program_options;
        while (option->take && option->letter != *letter)
            option++;
        if (!option->take)
            return err_set(err, ERR_ARG, "unknown option -%c", *letter);
        const char *value = NULL;
        if (option->value && !needs_value(words, letter[1] ? letter + 1 : NULL, &value, err))
            return false;
        if (!option->take(out, value, err))
            return false;
        if (option->value)
            break;
    }
    return true;
}

/* A first word that is a file FILE.gaze stands for -f FILE, before all others. */
static bool take_script(struct arguments *out, struct err *err)
{
    const char *name = out->model;
    if (!name || !str_ends(str_of(name), STR(".gaze")) || !file_exists(name) || file_is_folder(name))
        return true;
    if (out->n_texts)
        return err_set(err, ERR_ARG, "%s is a script: no text may follow it", name);
    out->model = NULL;
    if (!arguments_add_step(out, true, name, err))
        return false;
    memmove(out->steps + 1, out->steps, (out->n_steps - 1) * sizeof *out->steps);
    out->steps[0] = (struct step){true, name};
    return true;
}

bool arguments_parse(int argc, char **argv, struct arguments *out, struct err *err)
{
    *out = (struct arguments){0};
    out->texts = mem_new((size_t)argc + 1, sizeof *out->texts, "arguments", err);
    if (!out->texts)
        return false;
    struct words words = {argc, 1, argv};
    for (bool options = true; words.at < argc; words.at++) {
        const char *word = argv[words.at];
        bool is_option = options && word[0] == '-' && word[1];
        if (is_option && strcmp(word, "--") == 0) {
            options = false;
        } else if (is_option) {
            if (word[1] == '-' ? !read_long(&words, out, err) : !read_short(&words, out, err))
                return false;
        } else if (out->model) {
            bool standard_input = options && strcmp(word, "-") == 0;
            if (standard_input && out->reads_input)
                return err_set(err, ERR_ARG, "- is given twice: standard input is one text");
            out->reads_input = out->reads_input || standard_input;
            out->texts[out->n_texts++] = standard_input ? NULL : word;
        } else {
            out->model = word;
        }
    }
    return take_script(out, err);
}

void arguments_free(struct arguments *arguments)
{
    free(arguments->steps);
    free(arguments->texts);
    *arguments = (struct arguments){0};
}
