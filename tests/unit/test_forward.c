/* The parser of the forwarding core; the decision is tested through the relay and against a model. */
#include <criterion/criterion.h>
#include <string.h>

#include "forward.h"

static const uint8_t tagged[] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb, 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
	0x81, 0x00, 0xb0, 0x64, 0x08, 0x00 };
static const struct fwd_port plain; /* carries no outer tag */

Test(forward, parses_addresses_and_the_c_tag)
{
	struct fwd_hdr h;

	cr_assert_eq(fwd_parse(tagged, sizeof(tagged), &plain, &h), FWD_PASS);
	cr_assert_eq(h.dst, 0x01005e0000fb);
	cr_assert_eq(h.src, 0x02aabbccddee);
	cr_assert_eq(h.tci, 0xb064);
	cr_assert_eq(h.tag_len, 4);
	cr_assert(fwd_is_group(h.dst));
	cr_assert_not(fwd_is_group(h.src));
}

Test(forward, only_the_c_tag_is_a_tag_here)
{
	static const uint8_t types[][2] = { { 0x88, 0xa8 }, { 0x89, 0x26 }, { 0x89, 0x3f }, { 0x08, 0x00 },
		{ 0x91, 0x00 } };
	uint8_t f[sizeof(tagged)];
	struct fwd_hdr h;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memcpy(f, tagged, sizeof(f));
		memcpy(f + 12, types[i], 2);
		cr_assert_eq(fwd_parse(f, 14, &plain, &h), FWD_PASS, "no more than its type is needed");
		cr_assert(h.tci == 0 && h.tag_len == 0);
	}
}

Test(forward, every_strict_prefix_is_malformed)
{
	struct fwd_hdr h;

	for (uint32_t len = 0; len < sizeof(tagged); len++)
		cr_assert_eq(fwd_parse(tagged, len, &plain, &h), FWD_DROP_MALFORMED, "%u", len);
}
