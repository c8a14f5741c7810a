/* The page of html.c, in pieces that end with NULL. */
#ifndef GAZE_VIZ_RENDER_HTML_PAGE_H
#define GAZE_VIZ_RENDER_HTML_PAGE_H

#include <stddef.h>

extern const char *const html_page[];

#endif
