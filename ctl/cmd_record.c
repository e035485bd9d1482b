/*
 * cmd_record.c - `record PORT`: what the daemon's flight recorder has of a port, as a capture file on standard output with
 * the decisions as comments of their frames; with -j as JSON.
 */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "pcapng.h"

enum { BLOCK_ROOM = 8192, OCTETS_MAX = 2048, NOTES_MAX = 2048 };

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False when it is no hexadecimal text of a frame. */
static bool read_octets(const char *text, uint8_t octets[OCTETS_MAX], size_t *ret_len)
{
	size_t n = text != NULL ? strlen(text) : 0;

	if (n == 0 || n % 2 != 0 || n / 2 > OCTETS_MAX)
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		octets[i] = (uint8_t)(high << 4 | low);
	}
	*ret_len = n / 2;
	return true;
}

static void read_notes(const json_t *row, char notes[NOTES_MAX])
{
	const json_t *list = json_object_get(row, "comments");
	size_t used = 0, i;
	json_t *c;

	notes[0] = '\0';
	json_array_foreach((json_t *)list, i, c)
	{
		const char *text = json_string_value(c);

		if (text != NULL && used + strlen(text) + 2 < NOTES_MAX)
			used += (size_t)snprintf(
				notes + used, NOTES_MAX - used, "%s%s", used > 0 ? "\n" : "", text);
	}
}

static bool write_frame(const json_t *row)
{
	static uint8_t block[BLOCK_ROOM], octets[OCTETS_MAX];
	const char *direction = json_string_value(json_object_get(row, "direction"));
	struct mono at = { (uint64_t)json_integer_value(json_object_get(row, "time_ns")) };
	struct wr w = wr_init(block, sizeof(block));
	char notes[NOTES_MAX];
	size_t len;

	if (!read_octets(json_string_value(json_object_get(row, "octets")), octets, &len))
		return true; /* from a daemon that has learnt something new */
	read_notes(row, notes);
	pcapng_put_frame(
		&w, 0, at, direction != NULL && strcmp(direction, "out") == 0, span_of(octets, len), notes);
	return w.bad || fwrite(block, w.len, 1, stdout) == 1;
}

static int write_file(const json_t *rows, const char *port)
{
	uint8_t head[512];
	struct wr w = wr_init(head, sizeof(head));
	bool is_ok;
	json_t *row;
	size_t i;

	pcapng_put_section(&w, "evbctl");
	pcapng_put_interface(&w, port);
	is_ok = fwrite(head, w.len, 1, stdout) == 1;
	json_array_foreach((json_t *)rows, i, row) is_ok = is_ok && write_frame(row);
	if (!is_ok || fflush(stdout) != 0)
		return cmd_fail(EXIT_FAILED, "the capture could not be written");
	return EXIT_DONE;
}

int cmd_record(const struct command *cmd, const struct cmd_args *args)
{
	const char *port = args->n_words == 2 ? args->words[1] : NULL;
	const json_t *result;
	json_t *reply;
	int code;

	(void)cmd;
	if (port == NULL)
		return cmd_fail(EXIT_USAGE, "record: one port is needed");
	if (!args->given[OPT_JSON] && isatty(STDOUT_FILENO))
		return cmd_fail(EXIT_USAGE,
			"record writes a capture file: evbctl record %s > %s.pcapng, or | evbctl pcap show -",
			port, port);
	reply = cmd_ask(args, json_pack("{s:s, s:s, s:s}", "command", "show", "what", "record", "port", port),
		CLIENT_TIMEOUT_S, &code);
	if (reply == NULL)
		return code;
	result = cmd_result(reply, &code);
	if (result != NULL && args->given[OPT_JSON])
		cmd_print_json(result);
	else if (result != NULL)
		code = write_file(json_object_get(result, "record"), port);
	json_decref(reply);
	return code;
}
