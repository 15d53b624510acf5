#include <archive.h>
#include <archive_entry.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* syncfs(2), which unistd.h hides from Swift's importer. */
static inline int carchive_syncfs(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }
