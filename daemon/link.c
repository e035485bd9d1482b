/*
 * Choosing a link driver, and how their openers report failure.
 *
 * In: an interface name and a kind. Out: a link, or a negative errno with a sentence for the log. The name is turned
 * into an index here once, before libpcap sees it: so "any", "nflog" and other names that only libpcap knows are
 * refused like every device that does not exist.
 */
#include "link.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "link_priv.h"

void *link_fail(const struct link_error *e, int error, const char *what, const char *detail)
{
	*e->ret_errno = -error;
	snprintf(e->text, e->size, "%s: %s", what, detail ? detail : strerror(error));
	return NULL;
}

struct link *link_open(enum link_kind kind, const char *ifname, bool is_promiscuous, int *ret_errno,
	char *err, unsigned err_size)
{
	struct link_error e = { ret_errno, err, err_size };
	struct link_part_of at = { ifname, (int)if_nametoindex(ifname), is_promiscuous, LINK_PART_DATA, 0 };

	if (at.ifindex == 0)
		return link_fail(&e, errno, ifname, NULL);
	switch (kind) {
	case LINK_PCAP:
		return link_open_pcap(&at, &e);
	case LINK_PCAP_VIRTUAL:
		return link_open_both(&at, &e);
	case LINK_CONTROL:
		at.part = LINK_PART_CONTROL;
		break;
	case LINK_PACKET:
		break;
	}
	return link_open_packet(&at, &e);
}

void link_counters_add(struct link_counters *sum, const struct link_counters *c)
{
	sum->rx_frames += c->rx_frames;
	sum->rx_octets += c->rx_octets;
	sum->tx_frames += c->tx_frames;
	sum->tx_octets += c->tx_octets;
	sum->rx_dropped += c->rx_dropped;
	sum->tx_dropped += c->tx_dropped;
	sum->rx_bad += c->rx_bad;
	sum->gso_in += c->gso_in;
}
