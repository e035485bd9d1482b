/* cmd_common.c - what the commands of evbctl share: messages, output, one question to the daemon. */
#include "cmd.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client.h"
#include "out.h"

int cmd_fail(int code, const char *format, ...)
{
	va_list ap;

	fputs("evbctl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

void cmd_print_json(const json_t *j)
{
	json_dumpf(j, stdout, CTL_JSON_FLAGS);
	putchar('\n');
	fflush(stdout);
}

struct out cmd_out(void)
{
	struct out o = { stdout, time(NULL), 0 };
	struct winsize ws;

	if (isatty(STDOUT_FILENO))
		o.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ? ws.ws_col : 80;
	return o;
}

int cmd_exit_code(const json_t *reply)
{
	switch (json_integer_value(json_object_get(reply, "status"))) {
	case CTL_DONE:
		return EXIT_DONE;
	case CTL_BAD_REQUEST:
		return EXIT_USAGE;
	default:
		return EXIT_FAILED;
	}
}

const json_t *cmd_result(const json_t *reply, int *ret_exit)
{
	const char *error = json_string_value(json_object_get(reply, "error"));

	*ret_exit = cmd_exit_code(reply);
	if (*ret_exit == EXIT_DONE)
		return json_object_get(reply, "result");
	cmd_fail(*ret_exit, "%s", error ? error : "refused without a reason");
	return NULL;
}

bool cmd_number(const struct cmd_args *args, enum cmd_opt option, long low, long high, long *ret)
{
	const char *text = args->text[option];
	char *end;

	*ret = strtol(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *ret >= low && *ret <= high)
		return true;
	cmd_fail(EXIT_USAGE, "--%s: a number from %ld to %ld is needed", cmd_options[option].name, low, high);
	return false;
}

bool cmd_put_number(json_t *settings, const char *key, const struct cmd_args *args, enum cmd_opt option,
	long low, long high)
{
	long n;

	if (!args->given[option])
		return true;
	if (!cmd_number(args, option, low, high, &n))
		return false;
	json_object_set_new(settings, key, json_integer(n));
	return true;
}

json_t *cmd_ask(const struct cmd_args *args, json_t *request, int timeout_s, int *ret_exit)
{
	char err[CTL_ERROR_TEXT];
	struct client *c = client_open(args->socket, err);
	json_t *reply = NULL;

	if (c == NULL)
		json_decref(request);
	else
		reply = client_ask(c, request, timeout_s, err);
	client_close(c);
	if (reply == NULL)
		*ret_exit = cmd_fail(EXIT_FAILED, "%s", err);
	return reply;
}
