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

struct link *link_open(enum link_kind kind, const char *ifname, int *ret_errno, char *err, unsigned err_size)
{
	struct link_error e = { ret_errno, err, err_size };
	unsigned ifindex = if_nametoindex(ifname);

	if (ifindex == 0)
		return link_fail(&e, errno, ifname, NULL);
	if (kind == LINK_PCAP)
		return link_open_pcap(ifname, (int)ifindex, &e);
	return link_open_packet(ifname, (int)ifindex, kind, &e);
}
