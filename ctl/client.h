/* A connection of evbctl to the daemon: connect, greet, ask, listen. Blocking, with time limits. */
#ifndef EVB_CLIENT_H
#define EVB_CLIENT_H

#include "ctl_proto.h"

struct client;

enum { CLIENT_FOREVER = -1, CLIENT_HELLO_S = 10, CLIENT_TIMEOUT_S = 60 };

/** Connect and check the daemon's greeting. NULL with the reason, for people, in err. */
struct client *client_open(const char *socket_path, char err[CTL_ERROR_TEXT]);
void client_close(struct client *c); /* NULL is allowed */
/** Send a request (stolen; its id is set here) and return the reply to it, to be released; NULL with err. */
json_t *client_ask(struct client *c, json_t *request, int timeout_s, char err[CTL_ERROR_TEXT]);
/** The next message, NULL with err; err is empty at the end of the stream. */
json_t *client_read(struct client *c, int timeout_s, char err[CTL_ERROR_TEXT]);

#endif
