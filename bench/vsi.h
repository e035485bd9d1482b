/* What both clients of the association benchmark share (vsi.c for evbd, vsi_lldpad.c for lldpad). */
#ifndef EVB_BENCH_VSI_H
#define EVB_BENCH_VSI_H

enum { VSI_UUID_TEXT = 37, VSI_MAC_TEXT = 18, VSI_PATIENCE_S = 60 };

struct vsi_run { /* a run over VSIs first .. first + n - 1 and what came of it */
	unsigned n, first;
	unsigned n_ok;
	double seconds;     /* all of it */
	double *latency_ms; /* n of them, of those that succeeded; batches leave it alone */
};

double vsi_now_s(void);
void vsi_uuid(unsigned i, char text[VSI_UUID_TEXT]);
void vsi_mac(unsigned i, char text[VSI_MAC_TEXT]);

/** Associate through lldpad's control socket with so many requests outstanding. False with a message on stderr when
 * there is no lldpad; a run that stalls ends early. */
int vsi_run_lldpad(const char *ifname, unsigned window, struct vsi_run *run);

#endif
