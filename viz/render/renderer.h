/* Renderers: from a picture to the bytes of a file. One file and one row of list.h a format. */
#ifndef GAZE_VIZ_RENDER_RENDERER_H
#define GAZE_VIZ_RENDER_RENDERER_H

#include "viz/draw/options.h"
#include "viz/picture.h"
#include "viz/render/list.h"

struct renderer {
    const char *name;
    const char *suffixes; /* "txt text": file name endings, without the dot */
    const char *summary;
    bool names;           /* a map alone keeps its name, for the page shows it */
    /* Bytes into `out`; into `remarks` what is to be said of them beside the file, a line each: notes that a page does not
     * carry, characters that no font has. ERR_CANCELLED on Ctrl-C. */
    bool (*render)(const struct picture *, const struct render_options *, struct buf *out, struct buf *remarks, struct err *);
};

#define RENDERER_EXTERN(name) extern const struct renderer renderer_##name;
RENDERERS(RENDERER_EXTERN)
#undef RENDERER_EXTERN
extern const struct renderer *const renderers[]; /* NULL-ended, in the order of list.h */

/* By name (format=png) or by a file's suffix without the dot; NULL where there is none. */
const struct renderer *renderer_find(struct str name);

/* Widths by name: the columns of a paper. Ended by name NULL. */
struct size_preset {
    const char *name, *summary;
    double mm;
};
extern const struct size_preset size_presets[];

/* Set width from "acl1" (7.7 cm), "acl2" (16 cm), "neurips", "icml1", "icml2", "nature1" (89 mm), "nature2" (183 mm), "85mm", "8.5cm", "3.25in"
 * or "240pt"; ERR_ARG outside 1 cm … 2 m. */
NODISCARD bool render_size(struct str text, struct render_options *options, struct err *err);

#endif
