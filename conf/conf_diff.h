/* What a reload changes: old against new configuration, each difference with how it takes effect. */
#ifndef EVB_CONF_DIFF_H
#define EVB_CONF_DIFF_H

#include "conf.h"

enum conf_effect {
	CONF_ADAPTED,      /* in force at once, nothing disturbed */
	CONF_RENEGOTIATED, /* the port talks to its peer anew */
	CONF_PORT_ADDED,
	CONF_PORT_REMOVED,
	CONF_PORT_RESTARTED, /* the port's VSIs end */
	CONF_NEEDS_RESTART,  /* of the daemon; not applied */
};
struct conf_change {
	enum conf_effect effect;
	char port[CONF_NAME]; /* empty: global */
	char setting[32];     /* path, such as "evb.rte"; empty for a whole port */
	char from[64], to[64];
};

/** Compare. At most `max` changes are written; the return value is how many there are. */
unsigned conf_diff(
	const struct conf *old, const struct conf *new_conf, struct conf_change *ret, unsigned max);
/** Put back into `fresh` what only a restart of the daemon changes, so that it says what is in force. */
void conf_keep_unchangeable(const struct conf *old, struct conf *fresh);
const char *conf_effect_name(enum conf_effect e);

#endif
