/*
 * closer.c - descriptors of packet sockets are closed by threads of their own. close() of one waits until no CPU can be in its
 * receive hook any more (synchronize_net()): 20 ms here, of which the event loop would have two for each VM that goes, and a
 * daemon with a thousand VMs would take three quarters of a minute to stop. Such waits pass together when they are begun together.
 *
 * A queue under a lock, and some threads that take from it; started before system calls are filtered, stopped at the end. The
 * state is the process's, as descriptors are.
 */
#include "closer.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { THREADS = 16, QUEUE = 16384, STACK = 1 << 18 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_t thread[THREADS];
	unsigned n_threads;
	bool is_stopping;
	unsigned n; /* in the queue, a stack: the order does not matter */
	int fd[QUEUE];
} closer = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

static void *close_loop(void *unused)
{
	int fd;

	(void)unused;
	pthread_mutex_lock(&closer.lock);
	while (closer.n > 0 || !closer.is_stopping) {
		if (closer.n == 0) {
			pthread_cond_wait(&closer.work, &closer.lock);
			continue;
		}
		fd = closer.fd[--closer.n];
		pthread_mutex_unlock(&closer.lock);
		close(fd);
		pthread_mutex_lock(&closer.lock);
	}
	pthread_mutex_unlock(&closer.lock);
	return NULL;
}

bool closer_start(void)
{
	sigset_t all, old;
	pthread_attr_t attr;

	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the event loop's */
	while (closer.n_threads < THREADS &&
		pthread_create(&closer.thread[closer.n_threads], &attr, close_loop, NULL) == 0)
		closer.n_threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return closer.n_threads > 0;
}

void closer_close(int fd)
{
	bool is_taken = false;

	pthread_mutex_lock(&closer.lock);
	if (closer.n_threads > 0 && closer.n < QUEUE) {
		closer.fd[closer.n++] = fd;
		is_taken = true;
		pthread_cond_signal(&closer.work);
	}
	pthread_mutex_unlock(&closer.lock);
	if (!is_taken)
		close(fd);
}

void closer_stop(void)
{
	pthread_mutex_lock(&closer.lock);
	closer.is_stopping = true;
	pthread_cond_broadcast(&closer.work);
	pthread_mutex_unlock(&closer.lock);
	for (unsigned i = 0; i < closer.n_threads; i++)
		pthread_join(closer.thread[i], NULL);
	closer.n_threads = 0;
	closer.is_stopping = false;
}
