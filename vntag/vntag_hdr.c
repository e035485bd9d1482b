/*
 * vntag_hdr.c - the names of what vntag_hdr.h finds wrong (port-extension-reference 2.3, 2.4, 4.3). The header itself
 * stays free of anything but arithmetic, for eBPF.
 */
#include "vntag_hdr.h"

#include "names.h"

const char *vntag_drop_name(enum vntag_drop d)
{
	static const struct name_row rows[] = {
		{ VNTAG_PASS, "pass" },
		{ VNTAG_DROP_TRUNCATED, "truncated" },
		{ VNTAG_DROP_UNTAGGED, "untagged" },
		{ VNTAG_DROP_OTHER_FORMAT, "other_tag" },
		{ VNTAG_DROP_FORMAT, "format" },
		{ VNTAG_DROP_DIRECTION, "direction" },
		{ VNTAG_DROP_UNKNOWN_ID, "unknown_id" },
		{ VNTAG_DROP_RESERVED_ID, "reserved_id" },
		{ VNTAG_DROP_EXTENDED_ID, "extended_id" },
		{ VNTAG_DROP_SOURCE, "source_check" },
		{ VNTAG_DROP_NESTED, "nested" },
		{ 0, NULL },
	};

	return names_text(rows, (int)d, "?");
}
