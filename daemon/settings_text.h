/* Settings as JSON, as evbctl and the state database have them, into the text of the configuration file's language. */
#ifndef EVB_SETTINGS_TEXT_H
#define EVB_SETTINGS_TEXT_H

#include <jansson.h>

/** {"relay":"veb","vm_ports":["v1"],"evb":{"rte":9}} -> relay = "veb"; vm_ports = ( "v1" ); evb = { rte = 9; };
 * Members that are null are left out. What a setting may be is not judged here. To be freed with free(); NULL with the
 * reason in *ret_why (a constant text) when it can't be said in that language. */
char *settings_text(const json_t *settings, const char **ret_why);

#endif
