/* What a picture in a file is asked to be. */
#ifndef GAZE_VIZ_DRAW_OPTIONS_H
#define GAZE_VIZ_DRAW_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum label_turn { TURN_AUTO, TURN_FLAT, TURN_SLANTED, TURN_UPRIGHT };

/* Zeros are the defaults. */
struct render_options {
    double width;   /* points; 0: as large as the map asks for */
    double text;    /* points, 5 … 10; 0: 8, or 7 where a width is set */
    double dpi;     /* pixels an inch; 0: 300, or 600 where a width is set */
    const char *font; /* a family; NULL: CANVAS_FONT */
    bool numbers;   /* write values into the cells where they fit */
    enum label_turn turn; /* of the labels under a map */
    const char *caption;  /* TeX: a \caption that the figure gets; NULL: none, and no figure around it */
    size_t columns; /* of text formats; 0: 100 */
};

#endif
