/* Two rows of `pcap show -j` beside each other: the fields in which they differ. */
#ifndef EVB_PCAP_DIFF_H
#define EVB_PCAP_DIFF_H

#include <jansson.h>

/** An array of {"field","capture","sent"}: a path such as vdp.tlvs[0].filters[0].vid, and the values of both (null: that
 * one has no such field). What is only there for reading (times, summaries), and what names nothing on the wire, is left
 * out. A new reference. */
json_t *pcap_diff(const json_t *captured, const json_t *sent);

#endif
