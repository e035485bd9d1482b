/*
 * device_worker.c - one thread between two queues: jobs in, jobs done out, and a descriptor that says so.
 */
#define _GNU_SOURCE
#include "device_worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { QUEUE = 8192, STACK = 1 << 18 };

struct queue {
	unsigned first, n;
	struct device_job job[QUEUE];
};

struct device_worker {
	struct fastpath *f;
	struct netdev *n;
	struct rtnl *r;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_t thread;
	bool is_stopping;
	int fd;
	struct queue in, out;
};

static bool push(struct queue *q, const struct device_job *job)
{
	if (q->n == QUEUE)
		return false;
	q->job[(q->first + q->n++) % QUEUE] = *job;
	return true;
}

static bool pop(struct queue *q, struct device_job *ret)
{
	if (q->n == 0)
		return false;
	*ret = q->job[q->first];
	q->first = (q->first + 1) % QUEUE;
	q->n--;
	return true;
}

/* Does anybody wait for its end? */
static bool run(struct device_worker *w, struct device_job *job)
{
	switch (job->kind) {
	case DEVICE_JOB_ATTACH:
		job->err = fastpath_attach(w->f, &job->device);
		break;
	case DEVICE_JOB_LEAVE:
		fastpath_leave(w->f, job->device.ifindex);
		return false;
	case DEVICE_JOB_UP:
	case DEVICE_JOB_DOWN:
		(void)rtnl_set_link(w->r, job->device.ifindex, job->kind == DEVICE_JOB_UP);
		return false;
	case DEVICE_JOB_ASK:
		break;
	}
	job->takes_xdp = netdev_takes_xdp(w->n, job->device.ifindex);
	return true;
}

static void *loop(void *arg)
{
	struct device_worker *w = arg;
	struct device_job job;
	bool has_end;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		if (pop(&w->in, &job)) {
			pthread_mutex_unlock(&w->lock);
			has_end = run(w, &job);
			pthread_mutex_lock(&w->lock);
			if (has_end && push(&w->out, &job))
				(void)eventfd_write(w->fd, 1);
		} else if (w->is_stopping) {
			break;
		} else {
			pthread_cond_wait(&w->work, &w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int start_thread(struct device_worker *w)
{
	sigset_t all, old;
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err != 0)
		return err;
	(void)pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the event loop's */
	err = pthread_create(&w->thread, &attr, loop, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

struct device_worker *device_worker_start(struct fastpath *f, struct netdev *n, struct rtnl *r)
{
	struct device_worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->f = f;
	w->n = n;
	w->r = r;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	if (w->fd >= 0 && start_thread(w) == 0)
		return w;
	if (w->fd >= 0)
		close(w->fd);
	free(w);
	return NULL;
}

bool device_worker_put(struct device_worker *w, const struct device_job *job)
{
	bool is_taken;

	pthread_mutex_lock(&w->lock);
	is_taken = push(&w->in, job);
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return is_taken;
}

int device_worker_fd(const struct device_worker *w)
{
	return w->fd;
}

bool device_worker_take(struct device_worker *w, struct device_job *ret)
{
	eventfd_t n;
	bool is_there;

	(void)eventfd_read(w->fd, &n);
	pthread_mutex_lock(&w->lock);
	is_there = pop(&w->out, ret);
	pthread_mutex_unlock(&w->lock);
	return is_there;
}

void device_worker_stop(struct device_worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}

void device_worker_free(struct device_worker *w)
{
	if (!w)
		return;
	close(w->fd);
	free(w);
}
