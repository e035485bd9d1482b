/*
 * The table of settings: the one place where a setting has its name, type, range, default, scope, help and the
 * effect of changing it. The reader (conf_file.c), the comparison (conf_diff.c), the checks of the example file and
 * of the manual page all walk this table.
 */
#ifndef EVB_CONF_PRIV_H
#define EVB_CONF_PRIV_H

#include <stddef.h>

#include "conf.h"
#include "conf_diff.h"
#include "names.h"

enum conf_kind {
	CONF_GROUP, /* { ... }; its bool, if it has one, says that the group was given */
	CONF_PORTS, /* lists of groups, at most `max` */
	CONF_CHANNELS,
	CONF_VIFS,
	CONF_LISTS,
	CONF_BOOL,
	CONF_NUMBER,
	CONF_CHOICE, /* one of names */
	CONF_AGENTS, /* list of names, a mask */
	CONF_STRING,
	CONF_FILE,       /* a path; relative ones start at the configuration file's folder */
	CONF_VIDS,       /* list of VIDs and "low-high" ranges, a bitmap of 4096 bits */
	CONF_PATTERNS,   /* list of shell patterns of interface names */
	CONF_ELSEWHERE,  /* "drop" or "vlan N" */
	CONF_MEMBERS,    /* list of VIF ids */
	CONF_MANAGER,    /* VSI manager id */
	CONF_MANAGERS,   /* list of "N = MANAGER", an array of 256 VSI manager ids */
	CONF_VSI_ID_TEXT /* VSI id */
};

/** Where a setting may stand. One that is SHARED and for a role is, at the top, the default of all ports. */
enum {
	CONF_ON_ORDINARY = 1 << CONF_ORDINARY,
	CONF_ON_STATION = 1 << CONF_STATION,
	CONF_ON_BRIDGE = 1 << CONF_BRIDGE,
	CONF_ON_EVB = CONF_ON_STATION | CONF_ON_BRIDGE,
	CONF_ON_ANY = CONF_ON_ORDINARY | CONF_ON_EVB,
	CONF_SHARED = 8,      /* at the top, kept in the model port */
	CONF_GLOBAL = 16,     /* at the top, kept in struct conf */
	CONF_ON_CHANNEL = 32, /* in a channel of such a port; what it does not repeat is as on the port */
	CONF_INHERITED = 64,  /* a channel has it from its port and can't repeat it */
};

/** The struct that a value is kept in. */
enum conf_kept { CONF_IN_CONF, CONF_IN_PORT, CONF_IN_VIF, CONF_IN_LIST, CONF_N_KEPT };

struct conf_setting {
	const char *
		path; /* "evb.rte": as it is written in the file, below the top or below the port; an element of
			     a list is a group, "channels.scid" */
	enum conf_kind kind;
	unsigned scope;
	enum conf_effect effect;
	bool is_required;
	enum conf_kept kept;
	size_t offset, size; /* of the member; size 0: no value */
	int64_t min, max;    /* CONF_NUMBER; lists of groups: how many */
	int64_t value;       /* default, unless it is a text; a number's 0 outside of its range: not set */
	const char *text;    /* default of texts; NULL: empty */
	const struct name_row *names; /* CONF_CHOICE, CONF_AGENTS */
	const char *help;
};
extern const struct conf_setting conf_settings[]; /* ends with a row whose path is NULL */

enum { CONF_RANGE_TEXT = 96, CONF_VALUE_TEXT = 64, CONF_SUGGEST_MAX = 40 };

const struct conf_setting *conf_setting_find(const char *path);
/** What the setting accepts, as text: "0..7", "true or false" ... */
const char *conf_setting_range(const struct conf_setting *s, char text[CONF_RANGE_TEXT]);
/** The value as text, cut to what fits. `base` is the struct it is kept in. */
const char *conf_setting_format(const struct conf_setting *s, const void *base, char text[CONF_VALUE_TEXT]);
bool conf_setting_equal(const struct conf_setting *s, const void *a, const void *b);
/** Members of BOOL, NUMBER, CHOICE and AGENTS settings, whatever their width. */
int64_t conf_setting_get(const struct conf_setting *s, const void *base);
void conf_setting_set(const struct conf_setting *s, void *base, int64_t value);

/** Set the defaults of all settings that are kept in this struct; what has none becomes 0. */
void conf_default(enum conf_kept kept, void *base, size_t size);
void conf_default_globals(struct conf *c);
/** Make a port's row into the one of a channel that has no setting of its own yet, before conf_derive_port(). */
void conf_default_channel(struct conf_port *p);
/** Fill in what depends on other settings of the port or channel. given: the file sets reflective_relay, lldp.agents,
 * host_vsi.vid. */
struct conf_given {
	bool rr, agents, host_vid;
};
void conf_derive_port(struct conf_port *p, struct conf_given given);

/** Room for one more element of `size` octets behind the `n` that there are: the array, moved and doubled when it is
 * full, or NULL. An array that only grew this way is full when n is 0 or a power of two. */
void *conf_grow(void *array, unsigned n, size_t size);

/** What is wrong, and where. */
struct conf_verdict {
	char setting
		[CONF_PATH]; /* to point at, below the port's, channel's, VIF's or list's group; "": that */
	char text[256];
};
/** Note a verdict. Always true, so that checks can return it. */
bool conf_wrong(struct conf_verdict *v, const char *setting, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Check the last row of its kind, by itself and beside those before it: true when it is wrong. */
bool conf_check_port(const struct conf *c, struct conf_verdict *ret);
bool conf_check_vif(const struct conf *c, struct conf_verdict *ret);
bool conf_check_list(const struct conf *c, struct conf_verdict *ret);
/** Do a VIF's device and a port's name or vm_ports claim the same device? */
bool conf_check_vm_port(const struct conf_vif *v, const struct conf_port *p, struct conf_verdict *ret);
/** How messages call a row: port "eth0", channel 2 of port "eth0". */
enum { CONF_ROW_TEXT = 48 };
const char *conf_row_format(const struct conf_port *p, char text[CONF_ROW_TEXT]);

/** The 16-octet shell pattern language of vm_ports: * ? [a-z] [!a-z]. */
bool conf_pattern_is_valid(const char *pattern);
/** Is there a name that both match? */
bool conf_pattern_overlap(const char *a, const char *b);
bool conf_name_is_valid(const char *name); /* what the kernel takes as an interface name */
/** The same, and no pattern: names with * ? [ exist, but can't be told from patterns and are not for us. */
bool conf_name_is_plain(const char *name);

#endif
