/* placeholder until the first module lands */
extern int vdp_placeholder;
int vdp_placeholder;
