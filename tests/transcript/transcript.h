/* Transcript tests: blocks read from a .test file, run, and compared. README.md says how they are written. */
#ifndef GAZE_TESTS_TRANSCRIPT_H
#define GAZE_TESTS_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
    char **at;
    size_t n, capacity;
};

/* A typed line and what it prints: lines [first, first+count) of the file are its expectation. */
struct step {
    char kind;         /* '>' a line for gaze, '$' a shell command */
    const char *line;  /* borrowed from the file */
    size_t number;     /* line of the file, from 1 */
    size_t first, count;
};

struct block {
    const char *claim; /* borrowed */
    size_t number;     /* line of its == */
    struct step *steps;
    size_t n_steps;
    struct lines headers; /* "status 1", "args …"; borrowed text */
};

struct script {
    const char *path;
    struct lines file;
    struct block *blocks;
    size_t n_blocks;
};

/* Read a file; prints what is wrong with it and returns false. */
bool script_read(const char *path, struct script *out);
void script_free(struct script *script);
/* The text after "NAME " of the block's i-th header of that name, or NULL. */
const char *block_header(const struct block *block, const char *name, size_t i);

void lines_add(struct lines *lines, char *line); /* takes */
void lines_free(struct lines *lines);
struct lines lines_split(const char *text);      /* a last empty line is none */
void *must(void *memory);                        /* ends the program where it is NULL */

/* Does what steps [0,n) expect match the output? `status` < 0: it is not printed as [N]. Where not, *wrong_out is the
 * number of the first output line that no expectation reaches, or the number of output lines. */
bool output_matches(const struct script *script, const struct step *steps, size_t n, const struct lines *output,
                    size_t *wrong_out);
bool line_matches(const char *expected, const char *actual);

#endif
