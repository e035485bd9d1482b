/* placeholder until the first module lands */
extern int lldp_placeholder;
int lldp_placeholder;
