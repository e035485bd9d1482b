/* The system-call filter: what it takes away, from every thread, and how. What it leaves is for tests/netns to say. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

/* Run in a process of its own; its wait status. */
static int in_child(void (*f)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		f();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

#define MUST(cond)                                                                                           \
	do {                                                                                                 \
		if (!(cond))                                                                                 \
			_exit(__LINE__ % 256);                                                               \
	} while (0)
#define MUST_BE_REFUSED(call) MUST((errno = 0, (call)) == -1 && errno == EPERM)

static bool is_built(void)
{
	if (!sandbox_is_built()) {
		cr_assert_eq(sandbox_enter(SANDBOX_REFUSE), -ENOSYS);
		cr_assert_eq(sandbox_enter(SANDBOX_OFF), 0);
	}
	return sandbox_is_built();
}

static void refused_calls(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *const argv[] = { (char *)"true", NULL };
	char *big;
	int fd;

	MUST(sandbox_enter(SANDBOX_REFUSE) == 0);
	MUST_BE_REFUSED(syscall(SYS_fork));
	MUST_BE_REFUSED(execv("/bin/true", argv));
	MUST_BE_REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	MUST_BE_REFUSED(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	MUST(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	MUST_BE_REFUSED(socket(AF_INET6, SOCK_DGRAM, 0));
	MUST_BE_REFUSED(kill(getppid(), SIGUSR1));
	MUST_BE_REFUSED(chroot("/"));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0);
	close(fd);
	big = malloc(16 << 20);
	MUST(big != NULL);
	big[16 << 19] = 1;
	free(big);
}

Test(sandbox, refused_calls_fail_and_life_goes_on)
{
	int status;

	if (!is_built())
		return;
	status = in_child(refused_calls);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "line %d", WEXITSTATUS(status));
}

static void a_call_too_many(void)
{
	MUST(sandbox_enter(SANDBOX_KILL) == 0);
	(void)syscall(SYS_fork);
}

Test(sandbox, kill_ends_the_process)
{
	int status;

	if (!is_built())
		return;
	status = in_child(a_call_too_many);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "status %x", (unsigned)status);
}

static int go[2];

static void *older_thread(void *ctx)
{
	char c;

	(void)ctx;
	MUST(read(go[0], &c, 1) == 1);
	MUST_BE_REFUSED(syscall(SYS_fork));
	return NULL;
}

static void with_a_thread(void)
{
	pthread_t t;

	MUST(pipe(go) == 0 && pthread_create(&t, NULL, older_thread, NULL) == 0);
	MUST(sandbox_enter(SANDBOX_REFUSE) == 0);
	MUST(write(go[1], "", 1) == 1);
	MUST(pthread_join(t, NULL) == 0);
}

Test(sandbox, threads_that_were_there_before_are_bound_too)
{
	int status;

	if (!is_built())
		return;
	status = in_child(with_a_thread);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "line %d", WEXITSTATUS(status));
}

Test(sandbox, modes_have_names)
{
	enum sandbox m = SANDBOX_KILL;

	cr_assert(sandbox_parse("off", &m));
	cr_assert_eq(m, SANDBOX_OFF);
	cr_assert(sandbox_parse("refuse", &m));
	cr_assert_eq(m, SANDBOX_REFUSE);
	cr_assert_not(sandbox_parse("on", &m));
	cr_assert_eq(m, SANDBOX_REFUSE);
}
