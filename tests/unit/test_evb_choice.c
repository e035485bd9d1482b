/* The choice of a generation (evb-reference 7.5): every row by name, and every order of inputs against a model. */
#include <criterion/criterion.h>

#include "evb_choice.h"

static struct evb_choice in(enum evb_generation setting)
{
	struct evb_choice c;

	evb_choice_init(&c, setting);
	return c;
}

Test(evb_choice, auto_begins_as_ratified_and_the_others_are_fixed)
{
	cr_assert_eq(in(EVB_GENERATION_AUTO).edition, QBG_RATIFIED);
	cr_assert_eq(in(EVB_GENERATION_RATIFIED).edition, QBG_RATIFIED);
	cr_assert_eq(in(EVB_GENERATION_DRAFT).edition, QBG_DRAFT);
}

Test(evb_choice, D02_10_three_lldpdus_with_only_the_draft_tlv)
{
	struct evb_choice c = in(EVB_GENERATION_AUTO);

	cr_assert_not(evb_choice_on_pdu(&c, false, true));
	cr_assert_not(evb_choice_on_pdu(&c, false, true));
	cr_assert_eq(c.edition, QBG_RATIFIED);
	cr_assert(evb_choice_on_pdu(&c, false, true));
	cr_assert_eq(c.edition, QBG_DRAFT);
	cr_assert_not(evb_choice_on_pdu(&c, false, true), "once");
}

Test(evb_choice, D02_10_in_a_row)
{
	struct evb_choice c = in(EVB_GENERATION_AUTO);

	for (unsigned i = 0; i < 10; i++) {
		cr_assert_not(evb_choice_on_pdu(&c, false, true));
		cr_assert_not(evb_choice_on_pdu(&c, false, true));
		cr_assert_not(evb_choice_on_pdu(&c, i % 2 == 0, false));
	}
	cr_assert_eq(c.edition, QBG_RATIFIED);
}

Test(evb_choice, D02_10_a_ratified_tlv_switches_back_at_once)
{
	struct evb_choice c = in(EVB_GENERATION_AUTO);

	for (unsigned i = 0; i < 3; i++)
		evb_choice_on_pdu(&c, false, true);
	cr_assert_eq(c.edition, QBG_DRAFT);
	cr_assert(evb_choice_on_pdu(&c, true, false));
	cr_assert_eq(c.edition, QBG_RATIFIED);
	cr_assert_not(evb_choice_on_pdu(&c, false, true), "and counts anew");
}

Test(evb_choice, D02_11_both_is_ratified)
{
	struct evb_choice c = in(EVB_GENERATION_AUTO);

	for (unsigned i = 0; i < 10; i++)
		cr_assert_not(evb_choice_on_pdu(&c, true, true));
	cr_assert_eq(c.edition, QBG_RATIFIED);
}

Test(evb_choice, a_neighbour_that_is_gone_changes_nothing)
{
	struct evb_choice c = in(EVB_GENERATION_AUTO);

	for (unsigned i = 0; i < 3; i++)
		evb_choice_on_pdu(&c, false, true);
	for (unsigned i = 0; i < 5; i++)
		cr_assert_not(evb_choice_on_pdu(&c, false, false));
	cr_assert_eq(c.edition, QBG_DRAFT);
}

Test(evb_choice, a_fixed_generation_does_not_listen)
{
	struct evb_choice r = in(EVB_GENERATION_RATIFIED), d = in(EVB_GENERATION_DRAFT);

	for (unsigned i = 0; i < 5; i++) {
		cr_assert_not(evb_choice_on_pdu(&r, false, true));
		cr_assert_not(evb_choice_on_pdu(&d, true, false));
	}
	cr_assert_eq(r.edition, QBG_RATIFIED);
	cr_assert_eq(d.edition, QBG_DRAFT);
}

Test(evb_choice, settings_change_at_once)
{
	struct evb_choice c = in(EVB_GENERATION_AUTO);

	cr_assert(evb_choice_set(&c, EVB_GENERATION_DRAFT));
	cr_assert_eq(c.edition, QBG_DRAFT);
	cr_assert_not(evb_choice_set(&c, EVB_GENERATION_DRAFT));
	cr_assert(evb_choice_set(&c, EVB_GENERATION_AUTO));
	cr_assert_eq(c.edition, QBG_RATIFIED);
	for (unsigned i = 0; i < 3; i++)
		evb_choice_on_pdu(&c, false, true);
	cr_assert_not(evb_choice_set(&c, EVB_GENERATION_AUTO), "a reload of the same");
	cr_assert_eq(c.edition, QBG_DRAFT);
	cr_assert_not(evb_choice_set(&c, EVB_GENERATION_DRAFT), "what it is already");
	cr_assert(evb_choice_set(&c, EVB_GENERATION_RATIFIED));
}

Test(evb_choice, a_restart_goes_on_with_what_was_spoken)
{
	struct evb_choice c = in(EVB_GENERATION_AUTO);

	cr_assert(evb_choice_adopt_draft(&c));
	cr_assert_eq(c.edition, QBG_DRAFT);
	cr_assert_not(evb_choice_adopt_draft(&c));
	cr_assert(evb_choice_on_pdu(&c, true, false));
	cr_assert_not(evb_choice_adopt_draft(&c), "the neighbour has said better");
	cr_assert_eq(c.edition, QBG_RATIFIED);
	c = in(EVB_GENERATION_RATIFIED);
	cr_assert_not(evb_choice_adopt_draft(&c));
	c = in(EVB_GENERATION_DRAFT);
	cr_assert_not(evb_choice_adopt_draft(&c), "no other one");
}

/** All strings of nine LLDPDUs, each one of four kinds. */
Test(evb_choice, every_order_of_lldpdus_follows_the_rule)
{
	for (unsigned word = 0; word < 1u << 18; word++) {
		struct evb_choice c = in(EVB_GENERATION_AUTO);
		enum qbg_edition expected = QBG_RATIFIED;
		unsigned in_a_row = 0;

		for (unsigned i = 0; i < 9; i++) {
			bool has_ratified = word >> 2 * i & 1, has_draft = word >> (2 * i + 1) & 1;
			enum qbg_edition was = c.edition;
			bool is_another = evb_choice_on_pdu(&c, has_ratified, has_draft);

			in_a_row = has_draft && !has_ratified ? in_a_row + 1 : 0;
			if (has_ratified)
				expected = QBG_RATIFIED;
			else if (in_a_row >= 3)
				expected = QBG_DRAFT;
			if (c.edition != expected || is_another != (was != c.edition))
				cr_assert_fail("%05x, LLDPDU %u", word, i);
		}
	}
}

Test(evb_choice, names)
{
	cr_assert_str_eq(evb_generation_name(EVB_GENERATION_AUTO), "auto");
	cr_assert_str_eq(evb_generation_name(EVB_GENERATION_RATIFIED), qbg_edition_name(QBG_RATIFIED));
	cr_assert_str_eq(evb_generation_name(EVB_GENERATION_DRAFT), qbg_edition_name(QBG_DRAFT));
	cr_assert_str_eq(evb_generation_name((enum evb_generation)9), "unknown");
}
