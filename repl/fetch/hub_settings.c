/* What the environment says of the hub: huggingface_hub's own variables (constants.py, utils/_auth.py). See hub.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/file.h"
#include "repl/fetch/hub.h"
#include "repl/session/find_model.h"

enum { LONGEST_TOKEN = 4096 };

static const char *value_of(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

static bool is_on(const char *variable)
{
    static const char *const words[] = {"1", "ON", "YES", "TRUE"};
    const char *value = value_of(variable);
    for (size_t i = 0; value && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

/* The token of a text, its blanks and line ends cut off; NULL where nothing is left. */
static bool clean_token(struct str text, const char *where, char **out, struct err *err)
{
    *out = NULL;
    while (text.n && strchr(" \t\r\n", text.s[text.n - 1]))
        text.n--;
    while (text.n && strchr(" \t\r\n", *text.s))
        text.s++, text.n--;
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] <= ' ' || text.s[i] >= 0x7f)
            return err_set(err, ERR_ARG, "%s: what it holds is no token", where);
    return !text.n || (*out = mem_copy_str(text, err));
}

/* $HF_TOKEN_PATH, else HF_HOME/token. */
static char *token_path(void)
{
    static const char *const homes[][2] = {{"HF_TOKEN_PATH", NULL},
                                           {"HF_HOME", "token"},
                                           {"XDG_CACHE_HOME", "huggingface/token"},
                                           {"HOME", ".cache/huggingface/token"}};
    char *path = NULL;
    for (size_t i = 0; !path && i < sizeof homes / sizeof *homes; i++)
        path = find_from_variable(homes[i][0], homes[i][1]);
    return path;
}

static bool read_token(struct hub *hub, struct err *err)
{
    static const char *const variables[] = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"};
    if (is_on("HF_HUB_DISABLE_IMPLICIT_TOKEN"))
        return true;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (value_of(variables[i]) && (!clean_token(str_of(getenv(variables[i])), variables[i], &hub->token, err) || hub->token))
            return hub->token != NULL;
    char *path = token_path();
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct buf text = {0};
    bool ok =
        fd < 0 || (file_read_fd(fd, path, LONGEST_TOKEN, &text, err) && clean_token(buf_view(&text), path, &hub->token, err));
    if (fd >= 0)
        close(fd);
    if (text.data) /* as little of it in memory as can be */
        explicit_bzero(text.data, text.capacity);
    buf_free(&text);
    free(path);
    return ok;
}

bool hub_open(struct hub *out, struct err *err)
{
    static const char *const offline[] = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"};
    const char *endpoint = value_of("HF_ENDPOINT"), *timeout = value_of("HF_HUB_DOWNLOAD_TIMEOUT");
    *out = (struct hub){.tries = 4, .pause = 1, .stall = timeout && atof(timeout) > 0 ? atof(timeout) : 10};
    size_t first = value_of(offline[0]) ? 0 : 1; /* the second counts where the first is not set */
    if (is_on(offline[first]))
        return err_set(err, ERR_ARG, "%s is set: nothing is fetched", offline[first]);
    struct str text = str_of(endpoint ? endpoint : "https://huggingface.co");
    while (text.n && text.s[text.n - 1] == '/')
        text.n--;
    out->endpoint = mem_copy_str(text, err);
    out->http = out->endpoint ? http_new(err) : NULL;
    if (!out->http)
        return false;
    out->origin = http_origin(out->http, out->endpoint);
    if (!out->origin)
        return err_set(err, ERR_ARG, "HF_ENDPOINT is no address of http or https");
    return read_token(out, err);
}

void hub_close(struct hub *hub)
{
    if (hub->token)
        explicit_bzero(hub->token, strlen(hub->token));
    http_free(hub->http);
    free(hub->endpoint);
    free(hub->origin);
    free(hub->token);
    *hub = (struct hub){0};
}
