/* `heads cluster`: the heads of a model in a plane, like heads near each other. */
#ifndef GAZE_REPL_RUN_HEADS_CLUSTER_H
#define GAZE_REPL_RUN_HEADS_CLUSTER_H

#include "repl/grammar/call.h"
#include "repl/result/result.h"

NODISCARD bool heads_cluster(struct session *session, const struct call *call, struct result *result, struct err *err);

#endif
