/* placeholder until the first module lands */
extern int ecp_placeholder;
int ecp_placeholder;
