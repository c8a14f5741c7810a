/* What a picture in a file is asked to be. */
#ifndef GAZE_VIZ_DRAW_OPTIONS_H
#define GAZE_VIZ_DRAW_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Zeros are the defaults. */
struct render_options {
    double width;   /* points; 0: as large as the map asks for */
    double text;    /* points, 5 … 10; 0: 8, or 7 where a width is set */
    double dpi;     /* pixels an inch; 0: 300, or 600 where a width is set */
    const char *font; /* a family; NULL: CANVAS_FONT */
    bool numbers;   /* write values into the cells where they fit */
    size_t columns; /* of text formats; 0: 100 */
};

#endif
