/*
 * fuzz_vntag.c - any octets as what stands behind a frame's source MAC, as a Port Extension TLV and as the org-defined TLVs
 * of a VSI. Laws: a tag that can be parsed is built again to the same octets; what passes the check of its direction names
 * a channel that can be; the codecs' round trips.
 */
#include "fuzz.h"
#include "pe_tlv.h"
#include "vif_tlv.h"

static void check_tag(const uint8_t *data, uint32_t size, enum vntag_format format)
{
	uint8_t again[VNTAG_LEN_MAX];
	struct vntag_hdr h;
	enum vntag_drop d = vntag_parse(data, size, format, &h);

	FUZZ_LAW(d < VNTAG_N_DROPS);
	FUZZ_LAW(d == VNTAG_DROP_UNTAGGED || d == VNTAG_DROP_TRUNCATED || vntag_is_tagged(data, size));
	if (d != VNTAG_PASS)
		return;
	FUZZ_LAW(vntag_build(&h, again) == vntag_len(format));
	FUZZ_LAW(memcmp(again, data, vntag_len(format)) == 0);
	for (unsigned is_base = 0; is_base < 2; is_base++) {
		if (vntag_check(&h, VNTAG_DOWN, is_base) == VNTAG_PASS) {
			FUZZ_LAW(vntag_is_channel(format, vntag_channel(&h), is_base));
			FUZZ_LAW(!vntag_is_ethertype(h.inner));
		}
		if (vntag_check(&h, VNTAG_UP, is_base) != VNTAG_PASS)
			continue;
		FUZZ_LAW(vntag_is_channel(format, vntag_source(&h, VNTAG_UP), is_base));
		FUZZ_LAW(!vntag_is_group(format, vntag_source(&h, VNTAG_UP)));
	}
}

static void check_pe_tlv(struct span value)
{
	uint8_t again[PE_TLV_LEN];
	struct wr w = wr_init(again, sizeof(again));
	struct pe_tlv t;

	if (pe_tlv_decode(value, &t) != PE_TLV_OK)
		return;
	pe_tlv_encode(&t, &w);
	FUZZ_LAW(span_equal(wr_span(&w), value));
}

static void check_vif_tlv(struct span org)
{
	uint8_t buf[VIF_TLV_OCTETS];
	struct wr w = wr_init(buf, sizeof(buf));
	struct vif_name v, again;

	if (vif_tlv_find(org, &v) != VIF_TLV_OK)
		return;
	FUZZ_LAW(vntag_is_channel(v.format, v.channel, false) && !vntag_is_group(v.format, v.channel));
	vif_tlv_encode(v, &w);
	FUZZ_LAW(vif_tlv_find(wr_span(&w), &again) == VIF_TLV_OK);
	FUZZ_LAW(again.format == v.format && again.channel == v.channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_tag(data, (uint32_t)size, VNTAG_FORMAT_E);
	check_tag(data, (uint32_t)size, VNTAG_FORMAT_VN);
	check_pe_tlv(span_of(data, size));
	check_vif_tlv(span_of(data, size));
	return 0;
}
