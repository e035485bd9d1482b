/* Which generation of EVB a port speaks: configured, or chosen by what the neighbour speaks (evb-reference 7.5). */
#ifndef EVB_EVB_CHOICE_H
#define EVB_EVB_CHOICE_H

#include <stdbool.h>

#include "qbg.h"

enum evb_generation { EVB_GENERATION_AUTO, EVB_GENERATION_RATIFIED, EVB_GENERATION_DRAFT };

struct evb_choice {
	enum evb_generation setting;
	enum qbg_edition edition; /* in force */
	bool has_heard_ratified;  /* since the start, or since the setting changed */
	unsigned n_draft_only;    /* LLDPDUs in a row that had the draft's EVB TLV and not the ratified one */
};

/** auto begins as ratified. */
void evb_choice_init(struct evb_choice *c, enum evb_generation setting);
/** A new setting; the same again changes nothing. True: another edition is in force. */
bool evb_choice_set(struct evb_choice *c, enum evb_generation setting);
/** An LLDPDU of the only neighbour came in, or (with neither TLV) there is none any more or more than one. True: another
 * edition is in force. */
bool evb_choice_on_pdu(struct evb_choice *c, bool has_ratified, bool has_draft);
/** auto: the draft was spoken before a restart; go on with it, unless the neighbour has said better since. True: another
 * edition is in force. */
bool evb_choice_adopt_draft(struct evb_choice *c);
const char *evb_generation_name(enum evb_generation g); /* "auto", "ratified", "draft02" */

#endif
