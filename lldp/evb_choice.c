/*
 * evb_choice.c - choosing the generation of EVB (evb-reference 7.5).
 *
 *                  DRAFT_PDUS LLDPDUs in a row with the draft's TLV only
 *    ratified ---------------------------------------------------------> draft
 *             <---------------------------------------------------------
 *                  one LLDPDU with the ratified TLV, alone or beside the other
 *
 * Only for the setting auto; the others fix the edition. Three LLDPDUs and not one, because a neighbour that speaks
 * both may send the one before the other. A neighbour that is gone, or is one of several, changes nothing: VSIs outlive
 * it, and it may be back at once. After a restart of the daemon a port whose VSIs were spoken of in the draft goes on
 * with it: else they would be lost while three LLDPDUs are waited for. What follows from another edition is the port's business.
 */
#include "evb_choice.h"

#include "names.h"

enum { DRAFT_PDUS = 3 };

static enum qbg_edition first_edition(enum evb_generation setting)
{
	return setting == EVB_GENERATION_DRAFT ? QBG_DRAFT : QBG_RATIFIED;
}

void evb_choice_init(struct evb_choice *c, enum evb_generation setting)
{
	*c = (struct evb_choice){ .setting = setting, .edition = first_edition(setting) };
}

static bool put_in_force(struct evb_choice *c, enum qbg_edition e)
{
	bool is_another = c->edition != e;

	c->edition = e;
	c->n_draft_only = 0;
	return is_another;
}

bool evb_choice_set(struct evb_choice *c, enum evb_generation setting)
{
	if (setting == c->setting)
		return false;
	c->setting = setting;
	c->has_heard_ratified = false;
	return put_in_force(c, first_edition(setting));
}

bool evb_choice_on_pdu(struct evb_choice *c, bool has_ratified, bool has_draft)
{
	if (c->setting != EVB_GENERATION_AUTO)
		return false;
	c->has_heard_ratified = c->has_heard_ratified || has_ratified;
	if (has_ratified)
		return put_in_force(c, QBG_RATIFIED);
	if (!has_draft || c->edition == QBG_DRAFT) {
		c->n_draft_only = 0;
		return false;
	}
	return ++c->n_draft_only >= DRAFT_PDUS && put_in_force(c, QBG_DRAFT);
}

bool evb_choice_adopt_draft(struct evb_choice *c)
{
	return c->setting == EVB_GENERATION_AUTO && !c->has_heard_ratified && put_in_force(c, QBG_DRAFT);
}

const char *evb_generation_name(enum evb_generation g)
{
	static const struct name_row names[] = {
		{ EVB_GENERATION_AUTO, "auto" },
		{ EVB_GENERATION_RATIFIED, "ratified" },
		{ EVB_GENERATION_DRAFT, "draft02" },
		{ 0, NULL },
	};

	return names_text(names, (int)g, "unknown");
}
