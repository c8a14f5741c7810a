/* The views of the full screen. To add one: a file repl/view/NAME.c that ends in `const struct view view_NAME`, and a row
 * here. Tab goes through those with a key, in this order. */
#ifndef GAZE_REPL_VIEW_LIST_H
#define GAZE_REPL_VIEW_LIST_H

#define VIEWS(ROW) \
    ROW(map)       \
    ROW(grid)      \
    ROW(row)       \
    ROW(links)     \
    ROW(text)      \
    ROW(stripes)   \
    ROW(help)

#endif
