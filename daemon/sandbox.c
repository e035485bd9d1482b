/*
 * sandbox.c - the system calls of a running evbd, as an allow-list for the kernel (seccomp).
 *
 * Entered last of all: files are read, taps made, capabilities dropped, the state thread runs. What remains is reading
 * and writing frames, answering the control socket, opening devices that appear, reading the configuration again, and
 * SQLite. No program is started, no process or thread made, nothing traced, mounted or loaded, no memory made
 * executable, and a socket is local, a packet socket, netlink, or the IPv4 one that libpcap asks devices with.
 *
 * Refusing is the default: an attacker has no more of a call that fails, while a library that met one we did not foresee,
 * on another kind of device, would cost every association if it killed the daemon.
 *
 * The list is held against reality by tests/netns, whose daemons are killed by any other call. A name that this
 * architecture does not have is passed over; with a C library that tries something newer first, EPERM is what it gets.
 */
#include "sandbox.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "names.h"

bool sandbox_parse(const char *name, enum sandbox *ret)
{
	static const struct name_row rows[] = { { SANDBOX_REFUSE, "refuse" }, { SANDBOX_KILL, "kill" },
		{ SANDBOX_OFF, "off" }, { 0, NULL } };
	int value;

	if (!names_find(rows, name, &value))
		return false;
	*ret = (enum sandbox)value;
	return true;
}

#ifdef EVBD_SECCOMP

#include <linux/bpf.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const allowed[] = {
	/* frames and other messages */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
	"recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt",
	"shutdown",
	/* files: configuration, types, state database, /sys/class/net, /dev/net/tun, the log */
	"access", "close", "faccessat", "faccessat2", "fcntl", "fcntl64", "fdatasync", "fstat", "fstat64",
	"fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "getcwd", "ioctl", "lseek",
	"_llseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat", "pread64", "pwrite64", "read",
	"readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "stat", "stat64", "statx",
	"unlink", "unlinkat", "write", "writev",
	/* the event loop, and waiting */
	"clock_getres", "clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "futex",
	"futex_time64", "gettimeofday", "nanosleep", "pipe2", "poll", "ppoll", "ppoll_time64", "pselect6",
	"restart_syscall", "sched_yield", "select", "time", "timerfd_create", "timerfd_settime",
	"timerfd_settime64",
	/* memory, but for executable */
	"brk", "madvise", "mremap", "munmap",
	/* the process and its thread */
	"exit", "exit_group", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom", "gettid",
	"getuid", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "sigaltstack",
	"sigreturn", "uname"
};

static int allow(scmp_filter_ctx ctx, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
}

/* Allow the call if this argument, under this mask, has this value. */
static int allow_if(
	scmp_filter_ctx ctx, const char *name, unsigned arg, scmp_datum_t mask, scmp_datum_t value)
{
	struct scmp_arg_cmp test = {
		.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value
	};
	int nr = seccomp_syscall_resolve_name(name);

	return nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, 1, &test);
}

static int allow_some(scmp_filter_ctx ctx)
{
	static const int families[] = { AF_UNIX, AF_PACKET, AF_NETLINK, AF_INET };
	const scmp_datum_t whole = UINT32_MAX;
	int err = 0;

	for (size_t i = 0; err == 0 && i < sizeof(families) / sizeof(families[0]); i++)
		err = allow_if(ctx, "socket", 0, whole, (scmp_datum_t)families[i]);
	if (err == 0)
		err = allow_if(ctx, "mmap", 2, PROT_EXEC, 0);
	if (err == 0)
		err = allow_if(ctx, "mmap2", 2, PROT_EXEC, 0);
	if (err == 0)
		err = allow_if(ctx, "mprotect", 2, PROT_EXEC, 0);
	if (err == 0)
		err = allow_if(ctx, "tgkill", 0, whole, (scmp_datum_t)getpid()); /* abort() */
	for (scmp_datum_t cmd = BPF_MAP_LOOKUP_ELEM; err == 0 && cmd <= BPF_MAP_GET_NEXT_KEY; cmd++)
		err = allow_if(ctx, "bpf", 0, UINT64_MAX, cmd); /* the fast path's tables */
	if (err == 0)
		err = allow_if(ctx, "prlimit64", 2, UINT64_MAX, 0); /* to read */
	return err;
}

bool sandbox_is_built(void)
{
	return true;
}

int sandbox_enter(enum sandbox mode)
{
	scmp_filter_ctx ctx;
	int err;

	if (mode == SANDBOX_OFF)
		return 0;
	ctx = seccomp_init(mode == SANDBOX_KILL ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	if (ctx == NULL)
		return -ENOMEM;
	err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (err == 0)
		(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1); /* what is refused is in the audit log */
	for (size_t i = 0; err == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		err = allow(ctx, allowed[i]);
	if (err == 0)
		err = allow_some(ctx);
	if (err == 0)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}

#else

bool sandbox_is_built(void)
{
	return false;
}

int sandbox_enter(enum sandbox mode)
{
	return mode == SANDBOX_OFF ? 0 : -ENOSYS;
}

#endif
