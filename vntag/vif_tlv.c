/*
 * vif_tlv.c - which VIF a VSI lives on (evbd's profile, csp_num.h; VDP org-defined TLVs: evb-reference 6.4).
 *
 *   0        2        5         6        7                11
 *   +--------+--------+---------+--------+----------------+
 *   | header | OUI    | subtype | format | channel        |
 *   +--------+--------+---------+--------+----------------+
 *
 * VDP of a VIF's VSI runs on the untagged uplink, so nothing but this TLV ties the two together. A TLV of ours that
 * cannot be right is an error and not "no VIF": the VSI would else be admitted on the uplink itself. Whether the VIF
 * exists is for the caller. Left out: other subtypes, which are skipped.
 */
#include "vif_tlv.h"

#include "names.h"

void vif_tlv_encode(struct vif_name v, struct wr *w)
{
	size_t mark = tlv_open(w, TLV_ORG);

	wr_u24(w, CSP_VIF_OUI);
	wr_u8(w, CSP_VIF_SUBTYPE);
	wr_u8(w, (uint8_t)v.format);
	wr_u32(w, v.channel);
	tlv_close(w, mark);
}

static enum vif_tlv_err decode(struct span info, struct vif_name *ret)
{
	struct rd r = rd_init(info);
	uint8_t format = rd_u8(&r);
	uint32_t channel = rd_u32(&r);

	if (!rd_done(&r))
		return VIF_TLV_LENGTH;
	if (format != VNTAG_FORMAT_E && format != VNTAG_FORMAT_VN)
		return VIF_TLV_FORMAT;
	if (!vntag_is_channel((enum vntag_format)format, channel, false) ||
		vntag_is_group((enum vntag_format)format, channel))
		return VIF_TLV_CHANNEL;
	*ret = (struct vif_name){ (enum vntag_format)format, channel };
	return VIF_TLV_OK;
}

enum vif_tlv_err vif_tlv_find(struct span org, struct vif_name *ret)
{
	enum vif_tlv_err err = VIF_TLV_NONE;
	struct rd r = rd_init(org);
	struct vif_name found = { VNTAG_FORMAT_E, 0 };
	enum tlv_step step;
	struct tlv t;

	while ((step = tlv_next(&r, &t)) == TLV_STEP_ITEM) {
		struct span info;
		uint8_t subtype;
		uint32_t oui;

		if (t.type != TLV_ORG || !tlv_org_split(t.value, &oui, &subtype, &info) ||
			oui != CSP_VIF_OUI || subtype != CSP_VIF_SUBTYPE)
			continue;
		if (err != VIF_TLV_NONE)
			return VIF_TLV_TWICE;
		err = decode(info, &found);
		if (err != VIF_TLV_OK)
			return err;
	}
	if (step == TLV_STEP_OVERRUN)
		return VIF_TLV_OVERRUN;
	if (err == VIF_TLV_OK)
		*ret = found;
	return err;
}

const char *vif_tlv_err_name(enum vif_tlv_err e)
{
	static const struct name_row rows[] = {
		{ VIF_TLV_OK, "ok" },
		{ VIF_TLV_NONE, "names no VIF" },
		{ VIF_TLV_LENGTH, "length of the VIF TLV is not 9" },
		{ VIF_TLV_FORMAT, "unknown tag format" },
		{ VIF_TLV_CHANNEL, "no number of a VIF" },
		{ VIF_TLV_TWICE, "names two VIFs" },
		{ VIF_TLV_OVERRUN, "TLV runs beyond its end" },
		{ 0, NULL },
	};

	return names_text(rows, (int)e, "?");
}
