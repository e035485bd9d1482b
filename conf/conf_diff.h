/* What a reload changes: old against new configuration, each difference with how it takes effect. */
#ifndef EVB_CONF_DIFF_H
#define EVB_CONF_DIFF_H

#include "conf.h"

enum conf_effect {
	CONF_ADAPTED,      /* in force at once, nothing disturbed */
	CONF_RENEGOTIATED, /* the port or channel talks to its peer anew; a VIF is deleted and created again */
	CONF_PORT_ADDED,   /* or a channel */
	CONF_PORT_REMOVED,
	CONF_PORT_RESTARTED, /* or a channel: its VSIs end. A port's channels and VIFs restart with it. */
	CONF_NEEDS_RESTART,  /* of the daemon; not applied */
};
struct conf_change {
	enum conf_effect effect;
	char port[CONF_NAME]; /* empty: global */
	uint16_t scid;        /* CONF_SCID_DEFAULT: of the port itself; else of that channel; 0: global */
	/* path, such as "evb.rte"; empty for a whole port or channel. VIFs and lists: "port_extension.vifs 5" with from
	 * and to "false" and "true" when it is new, the reverse when it is gone, else "port_extension.vifs 5 pvid" */
	char setting[48];
	char from[64], to[64];
};

/** Compare. Ports and channels that are only in one of the two are one change each, whatever VIFs they have. A channel's
 * changes are those of the settings that it has or inherits. At most `max` changes are written; the return value is how many there are. */
unsigned conf_diff(
	const struct conf *old, const struct conf *new_conf, struct conf_change *ret, unsigned max);
/** Put back into `fresh` what only a restart of the daemon changes, so that it says what is in force. */
void conf_keep_unchangeable(const struct conf *old, struct conf *fresh);
const char *conf_effect_name(enum conf_effect e);

#endif
