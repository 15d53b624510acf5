# Shared by the scripts: messages, packages, the toolchain. Sourced, not run.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
kubeconfig=/etc/swiftlet/kubeconfig.yaml
state_dir=/run/swiftlet
server_log=/var/log/swiftlet/server.log

# What a build needs; the tests add theirs.
build_packages=(
  gcc libc6-dev libstdc++-12-dev pkg-config ca-certificates
  libseccomp-dev libcap-dev libnl-3-dev libnl-route-3-dev libarchive-dev libzstd-dev libsqlite3-dev zlib1g-dev
  libacl1-dev nettle-dev libxml2-dev liblzma-dev liblz4-dev libbz2-dev libssl-dev libicu-dev
)

step() { printf '==> %s\n' "$*"; }
fail() { printf 'error: %s\n' "$1" >&2; shift; for line in "$@"; do printf '  %s\n' "$line" >&2; done; exit 1; }

need_root() {
  [ "$(id -u)" = 0 ] || fail "$0 starts containers and programs the network, which needs root" "run it with: sudo $0"
}

# Installs the Debian packages that are missing, and only asks the archive when one is.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  step "installing ${missing[*]}"
  apt-get update -qq || fail "apt-get update failed" "check the network and /etc/apt/sources.list.d"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "could not install ${missing[*]}" "run: apt-get install ${missing[*]}"
}

need_toolchain() {
  command -v swift >/dev/null || fail "no Swift toolchain found" "install Swift 6.3 from https://www.swift.org/install/linux and put it on PATH"
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  case $version in 6.[3-9]* | [7-9].*) ;; *) fail "Swift 6.3 or later is needed, this is ${version:-unknown}" "install it from https://www.swift.org/install/linux" ;; esac
}

need_kubectl() {
  command -v kubectl >/dev/null || fail "no kubectl found" "install kubectl 1.32: https://kubernetes.io/docs/tasks/tools/install-kubectl-linux"
}

# Names each kernel feature that is missing before anything is started.
need_kernel() {
  local missing=() filesystem
  for filesystem in overlay cgroup2 mqueue; do
    grep -qw "$filesystem" /proc/filesystems || modprobe -q "$filesystem" 2>/dev/null ||
      grep -qw "$filesystem" /proc/filesystems || missing+=("the $filesystem file system")
  done
  grep -q ' - cgroup2 ' /proc/self/mountinfo || missing+=("a mounted cgroup2 hierarchy (mount -t cgroup2 none /sys/fs/cgroup)")
  local namespace
  for namespace in pid mnt ipc uts net cgroup; do [ -e /proc/self/ns/$namespace ] || missing+=("$namespace namespaces"); done
  [ ${#missing[@]} = 0 ] || fail "this kernel lacks what pods need" "${missing[@]}"
}
