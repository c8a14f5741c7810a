/* What holds for every command: the topics of help and the man page. One row each, in topics.c. */
#ifndef GAZE_REPL_PROGRAM_TOPICS_H
#define GAZE_REPL_PROGRAM_TOPICS_H

struct topic {
    const char *name, *summary, *text; /* text: paragraphs, lines of at most 78 columns */
};
extern const struct topic topics[]; /* ended by name NULL */

#endif
