#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <malloc.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(sizeof(struct clone_args) == 88, "clone3 arguments");
_Static_assert(sizeof(struct open_how) == 24, "openat2 arguments");
_Static_assert(sizeof(struct mount_attr) == 32, "mount_setattr arguments");
_Static_assert(sizeof(struct bpf_insn) == 8, "bpf instruction");
_Static_assert(
    O_PATH == 010000000 && AT_EMPTY_PATH == 0x1000 && AT_RECURSIVE == 0x8000 && AT_SYMLINK_NOFOLLOW == 0x100 && F_DUPFD_CLOEXEC == 1030, "file constants");
_Static_assert(
    RESOLVE_NO_XDEV == 1 && RESOLVE_NO_MAGICLINKS == 2 && RESOLVE_NO_SYMLINKS == 4 && RESOLVE_BENEATH == 8 && RESOLVE_IN_ROOT == 16,
    "openat2 constants");
_Static_assert(
    SOCK_NONBLOCK == 04000 && SOCK_CLOEXEC == 02000000 && MSG_NOSIGNAL == 0x4000, "socket constants");

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

pid_t cl_fork(void) { return fork(); }

pid_t cl_clone3(uint64_t flags, int *pidfd, int cgroup) {
  struct clone_args arguments;
  memset(&arguments, 0, sizeof arguments);
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  if (pidfd) {
    arguments.flags |= CLONE_PIDFD;
    arguments.pidfd = (uint64_t)(uintptr_t)pidfd;
  }
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)cgroup;
  }
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int cl_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cl_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int cl_wait_pidfd(int pidfd, int no_hang, int *code, int *signalled) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | (no_hang ? WNOHANG : 0)) < 0) return -1;
  if (info.si_pid == 0) return 0;
  *signalled = info.si_code != CLD_EXITED;
  *code = info.si_status;
  return 1;
}

int cl_setns(int descriptor, int types) { return setns(descriptor, types); }
int cl_unshare(int types) { return unshare(types); }
int cl_close_range(unsigned first, unsigned last, unsigned flags) {
  return (int)syscall(SYS_close_range, first, last, flags);
}
int cl_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(option, a, b, c, d);
}

int cl_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {
      {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
      {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)}};
  return (int)syscall(SYS_capset, &header, data);
}

int cl_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  memset(data, 0, sizeof data);
  if (syscall(SYS_capget, &header, data) < 0) return -1;
  *effective = data[0].effective | (uint64_t)data[1].effective << 32;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
  return 0;
}

int cl_seccomp_filter(const void *program, size_t length) {
  struct sock_fprog filter = {(unsigned short)(length / sizeof(struct sock_filter)), (struct sock_filter *)program};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

int cl_set_resource_limit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit limit = {soft, hard};
  return setrlimit((__rlimit_resource_t)resource, &limit);
}

int cl_get_resource_limit(int resource, uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (getrlimit((__rlimit_resource_t)resource, &limit) < 0) return -1;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return 0;
}

void cl_reset_signals(void) {
  sigset_t none;
  // By the raw call: glibc hides signals 32 and 33, which its posix_spawn leaves ignored in the child.
  static const uint64_t default_action[4];
  for (int signal = 1; signal <= 64; signal++) {
    if (signal != SIGKILL && signal != SIGSTOP) (void)syscall(SYS_rt_sigaction, signal, default_action, NULL, 8);
  }
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void cl_reset_ignored_signals(void) {
  sigset_t none;
  (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  (void)sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void cl_ignore_signal(int signal) { (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL); }

int cl_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {flags, mode, resolve};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int cl_open_tree(int directory, const char *path, unsigned flags) {
  return (int)syscall(SYS_open_tree, directory, path, flags);
}
int cl_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
  return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
int cl_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }
int cl_fsconfig_set(int context, const char *key, const char *value) {
  return (int)syscall(SYS_fsconfig, context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}
int cl_fsconfig_create(int context) { return (int)syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0); }
int cl_fsmount(int context, unsigned attributes) {
  return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}
int cl_mount_setattr(int descriptor, const char *path, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation) {
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
  return (int)syscall(SYS_mount_setattr, descriptor, path, flags, &attributes, sizeof attributes);
}
int cl_mount_idmap(int mount, int user_namespace) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};
  return (int)syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
}
int cl_pivot_root(const char *new_root, const char *old_root) {
  return (int)syscall(SYS_pivot_root, new_root, old_root);
}
int cl_fcntl(int descriptor, int command, long argument) { return fcntl(descriptor, command, argument); }

int cl_set_groups(size_t count, const gid_t *groups) { return setgroups(count, groups); }
int cl_set_user(uid_t uid) { return setresuid(uid, uid, uid); }
int cl_set_group(gid_t gid) { return setresgid(gid, gid, gid); }
int cl_set_file_identity(uid_t uid, gid_t gid) {
  (void)setfsgid(gid);
  (void)setfsuid(uid);
  // An id that is none changes nothing and tells the present one.
  if ((gid_t)setfsgid((gid_t)-1) == gid && (uid_t)setfsuid((uid_t)-1) == uid) return 0;
  errno = EPERM;
  return -1;
}
void cl_keep_heap_small(void) {
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 160 << 10);
  mallopt(M_TOP_PAD, 0);
  mallopt(M_ARENA_MAX, 1);
}
#define HUGE_PAGE (2ul << 20)

extern const char __executable_start[], etext[];

int cl_move_text_to_huge_pages(void) {
  uintptr_t start = ((uintptr_t)__executable_start + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
  uintptr_t end = (uintptr_t)etext & ~(HUGE_PAGE - 1);
  if (end <= start) return 0;
  size_t length = end - start;
  char *room = mmap(NULL, length + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return -1;
  char *copy = (char *)(((uintptr_t)room + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
  int moved = -1;
  if (madvise(copy, length, MADV_HUGEPAGE) == 0) {
    memcpy(copy, (const void *)start, length);
    // The same bytes at the same addresses before and after the call that replaces the code it returns to.
    if (mprotect(copy, length, PROT_READ | PROT_EXEC) == 0 &&
        mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) != MAP_FAILED)
      moved = 0;
  }
  int reason = errno;
  // What was moved away has left a hole, which unmapping passes over.
  munmap(room, length + HUGE_PAGE);
  errno = reason;
  return moved;
}

void cl_trim_heap(void) { (void)malloc_trim(0); }

int cl_userfault(void) {
  int descriptor = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
  if (descriptor < 0) return -1;
  struct uffdio_api api = {.api = UFFD_API, .features = 1ull << 15 /* UFFD_FEATURE_WP_ASYNC */};
  if (ioctl(descriptor, UFFDIO_API, &api) == 0) return descriptor;
  int reason = errno;
  close(descriptor);
  errno = reason;
  return -1;
}
int cl_userfault_register(int descriptor, unsigned long start, unsigned long length) {
  struct uffdio_register wanted = {.range = {start, length}, .mode = UFFDIO_REGISTER_MODE_WP};
  return ioctl(descriptor, UFFDIO_REGISTER, &wanted);
}

int cl_execute_descriptor(int descriptor, char *const arguments[], char *const environment[]) {
  return (int)syscall(SYS_execveat, descriptor, "", arguments, environment, AT_EMPTY_PATH);
}
long cl_join_session_keyring(void) { return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL); }
void cl_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int cl_pipe(int ends[2], int flags) { return pipe2(ends, O_CLOEXEC | flags); }
int cl_eventfd(int semaphore) { return eventfd(0, EFD_CLOEXEC | (semaphore ? EFD_SEMAPHORE : 0)); }
int cl_timer(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }
int cl_set_timer(int timer, int64_t nanoseconds) {
  struct itimerspec time = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
  return timerfd_settime(timer, 0, &time, NULL);
}
int cl_detach_mount(const char *path, int follow) {
  return umount2(path, MNT_DETACH | (follow ? 0 : UMOUNT_NOFOLLOW));
}
pid_t cl_thread_id(void) { return gettid(); }
int cl_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }
int cl_inotify_watch(int inotify, const char *path, uint32_t changes) {
  return inotify_add_watch(inotify, path, changes);
}
int cl_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
uint64_t cl_device(unsigned major, unsigned minor) { return makedev(major, minor); }
unsigned cl_device_major(uint64_t device) { return major(device); }
unsigned cl_device_minor(uint64_t device) { return minor(device); }
int64_t cl_file_system_magic(int descriptor) {
  struct statfs status;
  return fstatfs(descriptor, &status) < 0 ? -1 : (int64_t)status.f_type;
}

int cl_unix_socket(int packets, int non_blocking) {
  return socket(
      AF_UNIX, (packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0), 0);
}
int cl_accept(int listener, int non_blocking) {
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0));
}

#define MAXIMUM_DESCRIPTORS 8

ssize_t cl_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, int count) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * MAXIMUM_DESCRIPTORS)];
  struct iovec vector = {(void *)bytes, length};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (count < 0 || count > MAXIMUM_DESCRIPTORS) {
    errno = EINVAL;
    return -1;
  }
  if (count > 0) {
    memset(control, 0, sizeof control);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t cl_receive_descriptors(int socket, void *bytes, size_t length, int *descriptors, int *count) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * MAXIMUM_DESCRIPTORS)];
  struct iovec vector = {bytes, length};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  int room = *count;
  *count = 0;
  ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int total = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    int *passed = (int *)CMSG_DATA(header);
    for (int i = 0; i < total; i++) {
      if (*count < room)
        descriptors[(*count)++] = passed[i];
      else
        close(passed[i]);
    }
  }
  return received;
}

int cl_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) return -1;
  *pid = credentials.pid;
  *uid = credentials.uid;
  *gid = credentials.gid;
  return 0;
}

int cl_unix_address(struct sockaddr_un *address, const char *path) {
  size_t length = strlen(path);
  if (length >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length + 1);
  return (int)(offsetof(struct sockaddr_un, sun_path) + length + 1);
}

int cl_interface_up(const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  int socket_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_descriptor < 0) return -1;
  int result = ioctl(socket_descriptor, SIOCGIFFLAGS, &request);
  if (result == 0) {
    request.ifr_flags |= IFF_UP;
    result = ioctl(socket_descriptor, SIOCSIFFLAGS, &request);
  }
  int saved = errno;
  close(socket_descriptor);
  errno = saved;
  return result;
}

int cl_open_terminal_peer(int ptmx) {
  int locked = 0;
  if (ioctl(ptmx, TIOCSPTLCK, &locked) < 0) return -1;
  return ioctl(ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int cl_set_controlling_terminal(int terminal) { return ioctl(terminal, TIOCSCTTY, 0); }

int cl_set_window_size(int terminal, unsigned short columns, unsigned short rows) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return ioctl(terminal, TIOCSWINSZ, &size);
}

int cl_set_pipe_size(int pipe, int bytes) { return fcntl(pipe, F_SETPIPE_SZ, bytes); }

int cl_load_device_filter(const void *instructions, unsigned count) {
  static const char license[] = "Apache-2.0";
  union bpf_attr load;
  memset(&load, 0, sizeof load);
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = (uint64_t)(uintptr_t)instructions;
  load.insn_cnt = count;
  load.license = (uint64_t)(uintptr_t)license;
  return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
}

int cl_attach_device_filter(int cgroup, int program) {
  union bpf_attr attach;
  memset(&attach, 0, sizeof attach);
  attach.target_fd = (uint32_t)cgroup;
  attach.attach_bpf_fd = (uint32_t)program;
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
}
