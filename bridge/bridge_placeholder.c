/* placeholder until the first module lands */
extern int bridge_placeholder;
int bridge_placeholder;
