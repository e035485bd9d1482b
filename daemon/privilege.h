/* What evbd may still do once its sockets are open. */
#ifndef EVB_PRIVILEGE_H
#define EVB_PRIVILEGE_H

/** Keep CAP_NET_ADMIN and CAP_NET_RAW only; ports that appear later need both. 0 or negative errno. */
int privilege_drop(void);

#endif
