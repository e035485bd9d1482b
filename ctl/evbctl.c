/* evbctl.c - the command line of evbd; cmd_table.c has its commands. */
#include "cmd.h"

int main(int argc, char **argv)
{
	return evbctl_run(argc, argv);
}
