/*
 * rules_tag.c - what the judge asks of VN-Tags and E-TAGs (port-extension-reference 2, 4). One frame at a time: whether a
 * VIF, list or E-CID exists is known to the port extender alone. Marks of that reference: [D] is a decision of ours and
 * never more than a warning.
 */
#include "rules.h"

static const struct vntag_hdr *tag_of(const struct jd_ctx *x, enum cap_tag_kind kind)
{
	for (unsigned i = 0; i < x->rec->eth.n_tags; i++)
		if (x->rec->eth.tag[i].kind == kind)
			return &x->rec->eth.tag[i].ext;
	return NULL;
}

enum jd_outcome rule_tag_short(struct jd_ctx *x)
{
	return x->rec->eth.is_short ? jd_say(x, JD_BROKEN, "the frame ends inside its tags") : JD_SILENT;
}

enum jd_outcome rule_tag_nested(struct jd_ctx *x)
{
	const struct cap_eth *eth = &x->rec->eth;
	unsigned n = 0;

	for (unsigned i = 0; i < eth->n_tags; i++)
		n += eth->tag[i].kind == CAP_VN_TAG || eth->tag[i].kind == CAP_E_TAG;
	return n < 2 ? JD_SILENT : jd_say(x, JD_BROKEN, "a VN-Tag or E-TAG inside another");
}

enum jd_outcome rule_vn_version(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_VN_TAG);

	return h == NULL || h->ver == 0 ? JD_SILENT : jd_say(x, JD_BROKEN, "version %u", h->ver);
}

enum jd_outcome rule_vn_reserved(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_VN_TAG);

	return h == NULL || h->r == 0 ? JD_SILENT : jd_say(x, JD_BROKEN, "the reserved bit is set");
}

enum jd_outcome rule_vn_up(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_VN_TAG);

	if (h == NULL || h->d != 0)
		return JD_SILENT;
	if (h->p || h->l)
		return jd_say(
			x, JD_BROKEN, "%s set on a frame towards the bridge", h->p ? "pointer" : "looped");
	return JD_KEPT;
}

enum jd_outcome rule_vn_no_vif(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_VN_TAG);

	if (h == NULL || h->d == 0 || h->dvif != 0)
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "to %s 0, which there is not", h->p ? "list" : "VIF");
}

enum jd_outcome rule_vn_down(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_VN_TAG);

	if (h == NULL || h->d == 0 || h->p)
		return JD_SILENT;
	return h->dvif > VNTAG_VIF_MAX ? jd_say(x, JD_BROKEN, "to VIF %u, above 4095", h->dvif) : JD_KEPT;
}

enum jd_outcome rule_vn_list(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_VN_TAG);

	return h != NULL && h->d && h->p ? JD_KEPT : JD_SILENT;
}

enum jd_outcome rule_e_id(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_E_TAG);

	if (h == NULL || (h->ecid != 0 && h->ecid != VNTAG_ECID_RESERVED))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "E-CID %u is reserved", h->ecid);
}

enum jd_outcome rule_e_reserved(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_E_TAG);

	return h == NULL || h->reserved == 0 ? JD_SILENT : jd_say(x, JD_BROKEN, "reserved bits are set");
}

enum jd_outcome rule_e_ingress(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_E_TAG);

	if (h == NULL || h->ingress == 0 || vntag_is_group(VNTAG_FORMAT_E, h->ecid))
		return JD_SILENT;
	return jd_say(x, JD_BROKEN, "Ingress E-CID %u on a frame for one port", h->ingress);
}

enum jd_outcome rule_e_unicast(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_E_TAG);

	return h != NULL && !vntag_is_group(VNTAG_FORMAT_E, h->ecid) ? JD_KEPT : JD_SILENT;
}

enum jd_outcome rule_e_group(struct jd_ctx *x)
{
	const struct vntag_hdr *h = tag_of(x, CAP_E_TAG);

	return h != NULL && vntag_is_group(VNTAG_FORMAT_E, h->ecid) ? JD_KEPT : JD_SILENT;
}

/* ---- frames that came back (judge_copy.c) ---- */

enum jd_outcome rule_reflected_control(struct jd_ctx *x)
{
	return jd_say(x, x->is_timed ? JD_BROKEN : JD_DOUBT,
		"the frame came back as frame %llu: its sender's frames stand twice in the capture, this "
		"end's do not",
		(unsigned long long)x->twin);
}

enum jd_outcome rule_reflected_data(struct jd_ctx *x)
{
	return jd_say(x, JD_BROKEN, "the same frame was seen %.3f ms before, and reflective relay is off",
		(double)x->gap.ns / 1e6);
}
