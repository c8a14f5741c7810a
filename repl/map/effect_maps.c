/* Commands that show what a map does. See effect_maps.h. */
#include "repl/map/effect_maps.h"

bool effect_maps_give(struct session *session, const struct call *call, const char *name, struct result *result, struct err *err)
{
    struct map_list list;
    const struct part_request part = {"part", str_of(name)};
    if (!map_list_make_part(session, call, &part, &list, err))
        return false;
    bool ok = maps_give(session, call, &list, result, err);
    map_list_free(&list);
    return ok;
}
