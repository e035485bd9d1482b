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
	CONF_PORTS, /* the list of ports */
	CONF_BOOL,
	CONF_NUMBER,
	CONF_CHOICE, /* one of names */
	CONF_AGENTS, /* list of names, a mask */
	CONF_STRING,
	CONF_FILE,       /* a path; relative ones start at the configuration file's folder */
	CONF_VIDS,       /* list of VIDs and "low-high" ranges, a bitmap of 4096 bits */
	CONF_PATTERNS,   /* list of shell patterns of interface names */
	CONF_ELSEWHERE,  /* "drop" or "vlan N" */
	CONF_MANAGER,    /* VSI manager id */
	CONF_VSI_ID_TEXT /* VSI id */
};

/** Where a setting may stand. One that is SHARED and for a role is, at the top, the default of all ports. */
enum {
	CONF_ON_ORDINARY = 1 << CONF_ORDINARY,
	CONF_ON_STATION = 1 << CONF_STATION,
	CONF_ON_BRIDGE = 1 << CONF_BRIDGE,
	CONF_ON_EVB = CONF_ON_STATION | CONF_ON_BRIDGE,
	CONF_ON_ANY = CONF_ON_ORDINARY | CONF_ON_EVB,
	CONF_SHARED = 8, /* at the top, kept in the model port */
	CONF_GLOBAL = 16 /* at the top, kept in struct conf */
};

struct conf_setting {
	const char *path; /* "evb.rte": as it is written in the file, below the top or below the port */
	enum conf_kind kind;
	unsigned scope;
	enum conf_effect effect;
	bool is_required;
	size_t offset, size; /* of the member in struct conf (GLOBAL) or struct conf_port; size 0: no value */
	int64_t min, max;    /* CONF_NUMBER */
	int64_t value;       /* default, unless it is a text */
	const char *text;    /* default of texts; NULL: empty */
	const struct name_row *names; /* CONF_CHOICE, CONF_AGENTS */
	const char *help;
};
extern const struct conf_setting conf_settings[]; /* ends with a row whose path is NULL */

enum { CONF_RANGE_TEXT = 96, CONF_VALUE_TEXT = 64, CONF_SUGGEST_MAX = 40 };

const struct conf_setting *conf_setting_find(const char *path);
/** What the setting accepts, as text: "0..7", "true or false" ... */
const char *conf_setting_range(const struct conf_setting *s, char text[CONF_RANGE_TEXT]);
/** The value as text, cut to what fits. `base` is the struct conf or struct conf_port it is kept in. */
const char *conf_setting_format(const struct conf_setting *s, const void *base, char text[CONF_VALUE_TEXT]);
bool conf_setting_equal(const struct conf_setting *s, const void *a, const void *b);
/** Members of BOOL, NUMBER, CHOICE and AGENTS settings, whatever their width. */
int64_t conf_setting_get(const struct conf_setting *s, const void *base);
void conf_setting_set(const struct conf_setting *s, void *base, int64_t value);

/** Defaults: of the settings of struct conf, and of a port before its role is known. */
void conf_default_globals(struct conf *c);
void conf_default_port(struct conf_port *p);
/** Fill in what depends on other settings of the port. has_rr, has_agents: the file sets reflective_relay,
 * lldp.agents; has_host_vid: host_vsi.vid. */
struct conf_given {
	bool rr, agents, host_vid;
};
void conf_derive_port(struct conf_port *p, struct conf_given given);

/** What is wrong with port i by itself or beside the ports before it: true, with the setting to point at ("": the port)
 * and the text. */
bool conf_check_port(const struct conf *c, unsigned i, const char **ret_setting, char *ret_text, size_t size);

/** The 16-octet shell pattern language of vm_ports: * ? [a-z] [!a-z]. */
bool conf_pattern_is_valid(const char *pattern);
/** Is there a name that both match? */
bool conf_pattern_overlap(const char *a, const char *b);
bool conf_name_is_valid(const char *name); /* what the kernel takes as an interface name */

#endif
