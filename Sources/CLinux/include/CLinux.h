// System calls and constants that Swift's Glibc module lacks or cannot call: raw calls newer than glibc, calls that
// return twice, variadic calls and macros. No policy and no printing; every function returns -1 and sets errno on
// failure, as the call itself does.
#ifndef SWIFTLET_CLINUX_H
#define SWIFTLET_CLINUX_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/un.h>

// Constants that the headers hide without _GNU_SOURCE, or that are not importable macros. Checked in CLinux.c.

static const int cl_o_path = 010000000;
static const int cl_at_empty_path = 0x1000;
static const int cl_at_symlink_nofollow = 0x100;
static const int cl_at_recursive = 0x8000;
static const int cl_f_dupfd_cloexec = 1030;
static const uint64_t cl_resolve_no_xdev = 0x01;
static const uint64_t cl_resolve_no_magiclinks = 0x02;
static const uint64_t cl_resolve_no_symlinks = 0x04;
static const uint64_t cl_resolve_beneath = 0x08;
static const uint64_t cl_resolve_in_root = 0x10;
static const int cl_sock_nonblock = 04000;
static const int cl_sock_cloexec = 02000000;
static const int cl_msg_nosignal = 0x4000;

// Processes.

/// fork(2), which Swift's importer hides. Only for single-threaded processes.
pid_t cl_fork(void);
/// clone3(2) without shared memory. `pidfd` and `cgroup` (-1: inherit) are optional. Returns 0 in the child.
pid_t cl_clone3(uint64_t flags, int *pidfd, int cgroup);
int cl_pidfd_open(pid_t pid);
/// gettid(2).
pid_t cl_thread_id(void);
int cl_pidfd_send_signal(int pidfd, int signal);
/// waitid(P_PIDFD, WEXITED): 1 when the process was reaped, 0 when it still runs (with `no_hang`). `code` is the exit
/// code, or the signal when `signalled` becomes 1.
int cl_wait_pidfd(int pidfd, int no_hang, int *code, int *signalled);
int cl_setns(int descriptor, int types);
int cl_unshare(int types);
int cl_close_range(unsigned first, unsigned last, unsigned flags);
int cl_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
/// capset(2) of the calling thread, version 3.
int cl_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int cl_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
/// seccomp(SECCOMP_SET_MODE_FILTER) with `length` bytes of struct sock_filter.
int cl_seccomp_filter(const void *program, size_t length);
int cl_set_resource_limit(int resource, uint64_t soft, uint64_t hard);
int cl_get_resource_limit(int resource, uint64_t *soft, uint64_t *hard);
/// Restores every signal's default action and empties the mask, as an exec'd program expects.
void cl_reset_signals(void);
/// The same for a process that was reset once and has ignored nothing since but SIGPIPE and SIGCHLD: exec itself resets
/// what is handled, so only these two are left.
void cl_reset_ignored_signals(void);
void cl_ignore_signal(int signal);

int cl_set_groups(size_t count, const gid_t *groups);
int cl_set_user(uid_t uid);
int cl_set_group(gid_t gid);
/// setfsuid(2) and setfsgid(2); -1 with EPERM when the kernel kept the old ones, which the calls themselves do not tell.
int cl_set_file_identity(uid_t uid, gid_t gid);
/// Tells malloc to give freed memory back early, for a process that is to stay small.
void cl_keep_heap_small(void);
/// Puts a copy of this program's code, as far as it fills pages of 2 MiB, into such pages of memory in place of the file's
/// pages. For a program linked at a fixed address (elsewhere the ends are as good, the pages fewer), before it has threads.
int cl_move_text_to_huge_pages(void);
/// malloc_trim(3): gives free pages of the heap back, also in its middle.
void cl_trim_heap(void);
/// userfaultfd(2) for asynchronous write protection (Linux 6.7), which may be registered for mappings of files: of such a
/// mapping a fault maps one page, where it would map sixteen.
int cl_userfault(void);
/// UFFDIO_REGISTER for write protection, while the descriptor is open; nothing is protected yet.
int cl_userfault_register(int descriptor, unsigned long start, unsigned long length);
/// execveat(2) of an open file.
int cl_execute_descriptor(int descriptor, char *const arguments[], char *const environment[]);
/// keyctl(KEYCTL_JOIN_SESSION_KEYRING) with a new anonymous keyring.
long cl_join_session_keyring(void);
void cl_name_thread(const char *name);

// Files and mounts.

/// pipe2(2), close-on-exec.
int cl_pipe(int ends[2], int flags);
int cl_eventfd(int semaphore);
/// timerfd_create(2) on CLOCK_BOOTTIME, which is what ContinuousClock reads; it does not block.
int cl_timer(void);
/// timerfd_settime(2): once, so many nanoseconds from now; 0: never.
int cl_set_timer(int timer, int64_t nanoseconds);
/// umount2(2) with MNT_DETACH and, unless `follow`, UMOUNT_NOFOLLOW.
int cl_detach_mount(const char *path, int follow);
int cl_inotify(void);
int cl_inotify_watch(int inotify, const char *path, uint32_t changes);
/// memfd_create(2), close-on-exec.
int cl_memory_file(const char *name);
/// makedev(3).
uint64_t cl_device(unsigned major, unsigned minor);
unsigned cl_device_major(uint64_t device);
unsigned cl_device_minor(uint64_t device);
/// The magic number of the file system that holds the open file; -1.
int64_t cl_file_system_magic(int descriptor);

int cl_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int cl_open_tree(int directory, const char *path, unsigned flags);
int cl_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
/// fsopen(2), close-on-exec.
int cl_fsopen(const char *type);
/// fsconfig(2): a string option, or a flag when `value` is NULL.
int cl_fsconfig_set(int context, const char *key, const char *value);
int cl_fsconfig_create(int context);
int cl_fsmount(int context, unsigned attributes);
int cl_mount_setattr(int descriptor, const char *path, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation);
/// mount_setattr(2) with MOUNT_ATTR_IDMAP: a detached mount shows its owners as that user namespace maps them.
int cl_mount_idmap(int mount, int user_namespace);
int cl_pivot_root(const char *new_root, const char *old_root);
int cl_fcntl(int descriptor, int command, long argument);

// Sockets.

/// sendmsg(2) of one buffer with up to 8 descriptors (SCM_RIGHTS); MSG_NOSIGNAL.
ssize_t cl_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, int count);
/// recvmsg(2); the descriptors arrive close-on-exec. `count` holds the room (at most 8) and then what came.
ssize_t cl_receive_descriptors(int socket, void *bytes, size_t length, int *descriptors, int *count);
/// SO_PEERCRED.
int cl_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);
int cl_unix_socket(int packets, int non_blocking);
int cl_accept(int listener, int non_blocking);
/// Fills a sockaddr_un; -1 with ENAMETOOLONG. Returns the address length.
int cl_unix_address(struct sockaddr_un *address, const char *path);
/// Sets IFF_UP on an interface of the calling process's network namespace.
int cl_interface_up(const char *name);

// Terminals.

/// Unlocks the terminal behind an open ptmx and opens its other side (TIOCGPTPEER), close-on-exec, as nobody's
/// controlling terminal; no path is looked up.
int cl_open_terminal_peer(int ptmx);
/// Makes an open terminal the controlling one of the calling session leader.
int cl_set_controlling_terminal(int terminal);
/// TIOCSWINSZ: tells the foreground process group with SIGWINCH when it differs.
int cl_set_window_size(int terminal, unsigned short columns, unsigned short rows);
/// F_SETPIPE_SZ.
int cl_set_pipe_size(int pipe, int bytes);

// Devices.

/// Loads a BPF_PROG_TYPE_CGROUP_DEVICE program; returns its descriptor, close-on-exec.
int cl_load_device_filter(const void *instructions, unsigned count);
/// Attaches a loaded program to a cgroup directory.
int cl_attach_device_filter(int cgroup, int program);


#endif
