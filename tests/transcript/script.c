/* Reads transcript files into blocks. */
#include "transcript.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must(void *memory)
{
    if (!memory) {
        fputs("transcript: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

void lines_add(struct lines *lines, char *line)
{
    if (lines->n == lines->capacity) {
        lines->capacity = lines->capacity ? lines->capacity * 2 : 16;
        lines->at = must(realloc(lines->at, lines->capacity * sizeof *lines->at));
    }
    lines->at[lines->n++] = line;
}

void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        free(lines->at[i]);
    free(lines->at);
    *lines = (struct lines){0};
}

struct lines lines_split(const char *text)
{
    struct lines lines = {0};
    while (*text) {
        size_t n = strcspn(text, "\n");
        size_t kept = n;
        while (kept && isspace((unsigned char)text[kept - 1]))
            kept--;
        lines_add(&lines, must(strndup(text, kept)));
        text += n + (text[n] == '\n');
    }
    return lines;
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return NULL;
    }
    size_t n = 0, capacity = 1 << 16;
    char *text = must(malloc(capacity));
    for (size_t got; (got = fread(text + n, 1, capacity - n - 1, file)) > 0;) {
        n += got;
        if (capacity - n < 2)
            text = must(realloc(text, capacity *= 2));
    }
    text[n] = 0;
    fclose(file);
    return text;
}

static bool complain(const struct script *script, size_t number, const char *what)
{
    fprintf(stderr, "%s:%zu: %s\n", script->path, number, what);
    return false;
}

static struct block *add_block(struct script *script, const char *claim, size_t number)
{
    script->blocks = must(realloc(script->blocks, (script->n_blocks + 1) * sizeof *script->blocks));
    struct block *block = &script->blocks[script->n_blocks++];
    *block = (struct block){.claim = claim, .number = number};
    return block;
}

static struct step *add_step(struct block *block, const char *line, size_t number)
{
    block->steps = must(realloc(block->steps, (block->n_steps + 1) * sizeof *block->steps));
    struct step *step = &block->steps[block->n_steps++];
    *step = (struct step){.kind = line[0], .line = line + (line[1] ? 2 : 1), .number = number, .first = number};
    return step;
}

static bool begins(const char *line, char sign)
{
    return line[0] == sign && (line[1] == ' ' || !line[1]);
}

static bool known_header(const char *line)
{
    static const char *const names[] = {"status ", "args ", "env ", "setup ", "file "};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(line, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Blocks and steps point into script->file, which does not move any more. */
static bool script_parse(struct script *script)
{
    struct block *block = NULL;
    struct step *step = NULL;
    for (size_t i = 0; i < script->file.n; i++) {
        char *line = script->file.at[i];
        if (strncmp(line, "== ", 3) == 0) {
            block = add_block(script, line + 3, i + 1);
            step = NULL;
        } else if (!step && (!*line || *line == '#')) {
            continue;
        } else if (!block) {
            return complain(script, i + 1, "a block begins with '== CLAIM'");
        } else if (begins(line, '>') || begins(line, '$')) {
            if (step && step->kind != *line)
                return complain(script, i + 1, "a block has lines with '>' or with '$', not both");
            step = add_step(block, line, i + 1);
        } else if (!step) {
            if (!begins(line, '!') || !known_header(line + 2))
                return complain(script, i + 1, "expected '! status|args|env|setup|file …', '> LINE' or '$ COMMAND'");
            lines_add(&block->headers, line + 2);
        } else if (begins(line, '!')) {
            return complain(script, i + 1, "a header stands before the first command; write \\! in expected output");
        } else {
            step->count = i + 1 - step->first;
        }
    }
    for (size_t b = 0; b < script->n_blocks; b++)
        if (!script->blocks[b].n_steps)
            return complain(script, script->blocks[b].number, "the block has no command");
    return script->n_blocks || complain(script, 1, "there is no block");
}

bool script_read(const char *path, struct script *out)
{
    *out = (struct script){.path = path};
    char *text = read_whole(path);
    if (!text)
        return false;
    out->file = lines_split(text);
    free(text);
    if (script_parse(out))
        return true;
    script_free(out);
    return false;
}

void script_free(struct script *script)
{
    for (size_t b = 0; b < script->n_blocks; b++) {
        free(script->blocks[b].steps);
        free(script->blocks[b].headers.at); /* its text belongs to the file */
    }
    free(script->blocks);
    lines_free(&script->file);
}

const char *block_header(const struct block *block, const char *name, size_t i)
{
    size_t n = strlen(name);
    for (size_t h = 0; h < block->headers.n; h++)
        if (strncmp(block->headers.at[h], name, n) == 0 && block->headers.at[h][n] == ' ' && i-- == 0)
            return block->headers.at[h] + n + 1;
    return NULL;
}
