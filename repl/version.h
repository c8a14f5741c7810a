/* The version that --version, the man page and figures name. */
#ifndef GAZE_REPL_VERSION_H
#define GAZE_REPL_VERSION_H

#define GAZE_VERSION "0.1.0"

#endif
