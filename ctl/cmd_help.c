/*
 * cmd_help.c - usage texts, the bash completion and the synopsis of evbctl(8), all from the tables of cmd_table.c.
 * The checked-in packaging/completions/evbctl.bash and man/evbctl.8 are compared with these by a test.
 */
#include "cmd.h"

#include <string.h>

#include "ctl_proto.h"

static bool accepts(const struct command *c, unsigned option)
{
	return (c->options & CMD_BIT(option)) != 0;
}

static void print_option(FILE *f, unsigned i)
{
	const struct cmd_option *o = &cmd_options[i];
	char text[64];

	snprintf(text, sizeof(text), "%c%c%c --%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		o->letter ? ',' : ' ', o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	fprintf(f, "  %-30s %s\n", text, o->help);
}

void help_usage(FILE *f)
{
	fputs("usage: evbctl [-s SOCKET] [-j] COMMAND [OPTIONS]\n\n", f);
	for (const struct command *c = cmd_commands; c->name != NULL; c++) {
		char text[64];

		snprintf(text, sizeof(text), "%s %s", c->name,
			c->sub        ? c->sub
			: c->operands ? c->operands
				      : "");
		fprintf(f, "  %-18s %s\n", text, c->help);
	}
	fputs("\n", f);
	for (unsigned i = 0; i <= OPT_COMPLETION; i++)
		print_option(f, i);
	fputs("\nThe socket is " CTL_SOCKET_DEFAULT " unless -s says otherwise. Exit codes: 0 done,\n"
	      "1 refused or failed, 2 usage or unreadable input. \"evbctl help COMMAND\" tells more.\n",
		f);
}

void help_command(FILE *f, const struct command *c)
{
	fprintf(f, "usage: evbctl [-s SOCKET] [-j] %s%s%s%s%s%s\n\n%s\n", c->name, c->sub ? " " : "",
		c->sub ? c->sub : "", c->operands ? " " : "", c->operands ? c->operands : "",
		c->options ? " [OPTIONS]" : "", c->help);
	if (c->options != 0)
		fputc('\n', f);
	for (unsigned i = 0; i < OPT_N; i++)
		if (accepts(c, i))
			print_option(f, i);
	if (accepts(c, OPT_FILTERS))
		fprintf(f,
			"\nexample: evbctl %s %s --id new --type-id 1 --filters 52:54:00:00:00:01 --vm-port "
			"vnet1\n",
			c->name, c->sub);
}

int help_words(const char *const *words, unsigned n)
{
	bool is_found = false;

	for (const struct command *c = cmd_commands; c->name != NULL; c++) {
		if (strcmp(c->name, words[0]) != 0)
			continue;
		if (n > 1 && (c->sub == NULL || strcmp(c->sub, words[1]) != 0))
			continue;
		if (is_found)
			putchar('\n');
		help_command(stdout, c);
		is_found = true;
	}
	if (!is_found)
		return cmd_fail(EXIT_USAGE, "no command \"%s%s%s\"; \"evbctl help\" lists them", words[0],
			n > 1 ? " " : "", n > 1 ? words[1] : "");
	return EXIT_DONE;
}

int cmd_help(const struct command *cmd, const struct cmd_args *args)
{
	(void)cmd;
	if (args->n_words > 1)
		return help_words(args->words + 1, args->n_words - 1);
	help_usage(stdout);
	return EXIT_DONE;
}

/* ---- bash ---- */

/* "-s|--socket" */
static void print_spelling(FILE *f, unsigned i, const char *between)
{
	if (cmd_options[i].letter != 0)
		fprintf(f, "-%c%s", cmd_options[i].letter, between);
	fprintf(f, "--%s", cmd_options[i].name);
}

/* Patterns of the options whose value is written as one of `args` in usage texts; NULL: of all that take a value. */
static void bash_patterns(FILE *f, const char *const *args)
{
	bool is_first = true;

	for (unsigned i = 0; i < OPT_N; i++) {
		bool is_wanted = cmd_options[i].value != CMD_FLAG && args == NULL;

		for (unsigned k = 0; args != NULL && args[k] != NULL; k++)
			is_wanted |= cmd_options[i].arg != NULL && strcmp(cmd_options[i].arg, args[k]) == 0;
		if (!is_wanted)
			continue;
		if (!is_first)
			fputc('|', f);
		print_spelling(f, i, "|");
		is_first = false;
	}
}

/* How the value of the option before the cursor is completed, by what stands for it in usage texts. */
static void bash_values(FILE *f)
{
	static const struct {
		const char *args[10]; /* ends with NULL */
		const char *reply;
	} kinds[] = {
		{ { "SOCKET", "FILE" }, "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return" },
		{ { "PORT" },
			"mapfile -t COMPREPLY < <(compgen -W \"$(ls /sys/class/net)\" -- \"$cur\"); return" },
		{ { "bash|mdoc" }, "mapfile -t COMPREPLY < <(compgen -W \"bash mdoc\" -- \"$cur\"); return" },
		{ { "vepa|veb|none|single" },
			"mapfile -t COMPREPLY < <(compgen -W \"vepa veb none single\" -- \"$cur\"); return" },
		{ { "yes|no" }, "mapfile -t COMPREPLY < <(compgen -W \"yes no\" -- \"$cur\"); return" },
		{ { "ratified|draft02" },
			"mapfile -t COMPREPLY < <(compgen -W \"ratified draft02\" -- \"$cur\"); return" },
		{ { "ID", "N", "ADDRESS", "FILTER", "HEX", "SECONDS", "PATTERNS", "VLANS", "WORD" },
			"return" },
	};

	fputs("\tcase $prev in\n", f);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		fputc('\t', f);
		bash_patterns(f, kinds[i].args);
		fprintf(f, ") %s ;;\n", kinds[i].reply);
	}
	fputs("\tesac\n", f);
}

static void bash_options(FILE *f, uint64_t mask)
{
	for (unsigned i = 0; i < OPT_N; i++) {
		if ((mask & CMD_BIT(i)) == 0)
			continue;
		fputc(' ', f);
		print_spelling(f, i, " ");
	}
}

/* One case for each command, and one for each first word that has second ones. */
static void bash_commands(FILE *f)
{
	const char *last = "";

	fputs("\t\"\") replies+=\"", f);
	for (const struct command *c = cmd_commands; c->name != NULL; c++) {
		if (strcmp(c->name, last) != 0)
			fprintf(f, " %s", c->name);
		last = c->name;
	}
	fputs("\" ;;\n", f);
	last = "";
	for (const struct command *c = cmd_commands; c->name != NULL; c++) {
		if (c->sub != NULL && strcmp(c->name, last) != 0) {
			fprintf(f, "\t\"%s\") replies+=\"", c->name);
			for (const struct command *d = c; d->name != NULL && strcmp(d->name, c->name) == 0;
				d++)
				fprintf(f, " %s", d->sub);
			fputs("\" ;;\n", f);
		}
		last = c->name;
		if (c->options == 0)
			continue;
		fprintf(f, "\t\"%s%s%s\") replies+=\"", c->name, c->sub ? " " : "", c->sub ? c->sub : "");
		bash_options(f, c->options);
		fputs("\" ;;\n", f);
	}
}

void help_bash(FILE *f)
{
	fputs("# bash completion of evbctl(8), made by \"evbctl --completion bash\"\n"
	      "_evbctl()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=() word "
	      "is_value=\"\" replies\n\n",
		f);
	bash_values(f);
	fputs("\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\tcase $is_value$word in\n\t\t",
		f);
	bash_patterns(f, NULL);
	fputs(") is_value=: ;;\n"
	      "\t\t:*) is_value=\"\" ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) words+=(\"$word\") ;;\n"
	      "\t\tesac\n\tdone\n\treplies=\"",
		f);
	bash_options(f, cmd_global_options);
	fputs("\"\n\tcase \"${words[*]}\" in\n", f);
	bash_commands(f);
	fputs("\tesac\n"
	      "\t[[ ${words[0]:-} != pcap || ${#words[@]} -lt 2 || $cur == -* ]] || { mapfile -t COMPREPLY < "
	      "<(compgen -f -- "
	      "\"$cur\"); return; }\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$replies\" -- \"$cur\")\n}\n"
	      "complete -F _evbctl evbctl\n",
		f);
}

/* ---- mdoc ---- */

static void mdoc_option(FILE *f, unsigned i)
{
	const struct cmd_option *o = &cmd_options[i];

	if (o->letter != 0)
		fprintf(f, ".Op Fl %c", o->letter);
	else
		fprintf(f, ".Op Fl -%s", o->name);
	if (o->arg != NULL)
		fprintf(f, " Ar %s", o->arg);
	fputs(o->value == CMD_LIST ? " ...\n" : "\n", f);
}

/* "[COMMAND]" may be left out, "FILE" may not. */
static void mdoc_operands(FILE *f, const char *operands)
{
	if (operands == NULL)
		return;
	if (operands[0] == '[')
		fprintf(f, ".Op Ar %.*s\n", (int)strcspn(operands + 1, "]"), operands + 1);
	else
		fprintf(f, ".Ar %s\n", operands);
}

void help_mdoc(FILE *f)
{
	fputs(".Sh SYNOPSIS\n", f);
	for (const struct command *c = cmd_commands; c->name != NULL; c++) {
		fputs(".Nm\n", f);
		mdoc_option(f, OPT_SOCKET);
		mdoc_option(f, OPT_JSON);
		fprintf(f, ".Cm %s%s%s\n", c->name, c->sub ? " " : "", c->sub ? c->sub : "");
		mdoc_operands(f, c->operands);
		for (unsigned i = 0; i < OPT_N; i++)
			if (accepts(c, i))
				mdoc_option(f, i);
	}
}
