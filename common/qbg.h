/*
 * The two generations of Edge Virtual Bridging in the field: 802.1Qbg as ratified (now 802.1Q clauses 40-43), and the
 * pre-standard draft 0.2 that came before it (evb-reference 7). A port speaks one of them at a time.
 */
#ifndef EVB_QBG_H
#define EVB_QBG_H

enum qbg_edition { QBG_RATIFIED = 0, QBG_DRAFT = 1, QBG_EDITIONS };

/** As in the configuration and in what is shown. */
static inline const char *qbg_edition_name(enum qbg_edition e)
{
	return e == QBG_DRAFT ? "draft02" : "ratified";
}

#endif
