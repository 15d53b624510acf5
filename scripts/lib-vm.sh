# The virtual machine of scripts/vm. Sourced after lib.sh, not run.
vm_packages=(qemu-system-x86 qemu-system-common busybox-static e2fsprogs)
vm_cache=${SWIFTLET_VM_CACHE:-$root/.build-vm}
vm_log=$vm_cache/last.log

# What a node needs that the kernel has as modules; what they need themselves is looked up.
vm_modules=(
  virtio_pci virtio_blk virtiofs overlay ext4
  bridge br_netfilter veth vxlan dummy tun
  nf_tables nft_chain_nat nft_ct nft_fib nft_fib_inet nft_fib_ipv4 nft_fib_ipv6 nft_limit nft_log nft_masq nft_nat nft_numgen nft_hash nft_redir
  nft_reject nft_reject_inet nft_reject_ipv4 nft_reject_ipv6 nf_conntrack_netlink nf_log_syslog
)

# Lets everything else on the machine go first. Where the scheduler shares between sessions, the session is what counts.
vm_give_way() {
  renice -n 19 -p $$ >/dev/null
  if [ "$(ps -o sid= -p $$ | tr -d ' ')" = $$ ] && [ -w /proc/$$/autogroup ]; then echo 19 >/proc/$$/autogroup; fi
}

# Downloads the kernel once and packs the file system that it starts from.
vm_prepare() {
  local package version
  package=$(vm_kernel_package)
  [ -n "$package" ] || fail "the archive offers no linux-image-cloud-amd64" "run: apt-get update; is this Debian 12 on x86-64?"
  version=${package#linux-image-}
  vm_kernel=$vm_cache/$version/vmlinuz
  vm_initramfs=$vm_cache/$version/initramfs
  if [ -s "$vm_initramfs" ] && [ "$vm_initramfs" -nt "$root/scripts/lib-vm.sh" ]; then return 0; fi
  step "fetching $package for the virtual machine"
  rm -rf "${vm_cache:?}/$version"
  mkdir -p "$vm_cache/$version/package"
  vm_unpack "$package" "$vm_cache/$version" || fail "could not fetch $package" "run: apt-get update && apt-get download $package"
  cp "$vm_cache/$version/package/boot/vmlinuz-$version" "$vm_kernel"
  vm_pack_initramfs "$vm_cache/$version" "$version" || fail "could not pack the virtual machine's first file system" "look into $vm_cache/$version"
  rm -rf "$vm_cache/$version/package" "$vm_cache/$version/first"
}

# The newest cloud kernel of the archive, by its package's full name.
vm_kernel_package() {
  local found
  found=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^  Depends: \(linux-image-.*\)/\1/p' | head -n 1)
  [ -n "$found" ] || { apt-get update -qq && found=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^  Depends: \(linux-image-.*\)/\1/p' | head -n 1); }
  printf '%s' "$found"
}

vm_unpack() {
  local directory=$2
  (cd "$directory" && { apt-get download -qq "$1" || { apt-get update -qq && apt-get download -qq "$1"; }; } 2>/dev/null &&
    dpkg -x ./*.deb package && rm ./*.deb)
}

vm_pack_initramfs() {
  local directory=$1 version=$2 first=$1/first module
  local modules=$directory/package/lib/modules/$version
  busybox depmod -b "$directory/package" "$version" || return 1
  mkdir -p "$first"/{bin,proc,sys,dev,lower,cover,root} "$first/lib/modules/$version"
  cp /bin/busybox "$first/bin/busybox" || return 1
  vm_module_files "$modules" >"$directory/files" || return 1
  while read -r module; do
    install -D -m 0644 "$modules/$module" "$first/lib/modules/$version/$module" || return 1
  done <"$directory/files"
  cp "$modules"/modules.{builtin,order} "$first/lib/modules/$version/"
  busybox depmod -b "$first" "$version" || return 1
  printf '%s\n' "${vm_modules[@]}" >"$first/modules"
  vm_first_process >"$first/init"
  chmod 0755 "$first/init"
  vm_archive "$first" >"$vm_initramfs"
}

vm_archive() { (cd "$1" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1); }

# The files of the modules and of what they need, from modules.dep. A name that the kernel has built in has no file.
vm_module_files() {
  printf '%s\n' "${vm_modules[@]}" | awk '
    NR == FNR { split($0, parts, ":"); path = parts[1]; name = path; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
                file[name] = path; needs[path] = parts[2]; next }
    { name = $1; gsub(/-/, "_", name); if (name in file) take(file[name]) }
    function take(path, list, count, i) { if (path in taken) return; taken[path] = 1; print path
      count = split(needs[path], list, " "); for (i = 1; i <= count; i++) take(list[i]) }
  ' "$1/modules.dep" -
}

# The guest's first process: loads modules, lays the cover over the host's files, and hands over to the command.
vm_first_process() {
  cat <<'GUEST'
#!/bin/busybox sh
/bin/busybox mkdir -p /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
stop() { echo "virtual machine: $1" >/dev/console; poweroff -f; }
mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev || stop "no basic file systems"
while read -r module; do modprobe -q "$module" || grep -qw "$module" /lib/modules/*/modules.builtin || echo "no module $module"; done </modules
mount -t virtiofs -o ro hostroot /lower || stop "cannot mount the host's files"
mount -t tmpfs -o size=60% cover /cover && mkdir /cover/upper /cover/work || stop "no memory for the cover"
mount -t overlay -o lowerdir=/lower,upperdir=/cover/upper,workdir=/cover/work overlay /root || stop "cannot lay the cover"
for pair in proc:proc sysfs:sys devtmpfs:dev tmpfs:run cgroup2:sys/fs/cgroup securityfs:sys/kernel/security; do
  mount -t "${pair%%:*}" "${pair%%:*}" "/root/${pair#*:}" || stop "cannot mount /${pair#*:}"
done
mkdir -p /root/dev/pts /root/dev/shm /root/disk
mount -t devpts devpts /root/dev/pts
mount -t tmpfs tmpfs /root/dev/shm
ln -s /proc/self/fd /root/dev/fd 2>/dev/null
ip link set lo up
. /vm-options
if [ -n "$share" ]; then mkdir -p "/root$share"; mount -t virtiofs hostshare "/root$share" || stop "cannot mount $share"; fi
if [ -n "$disk" ]; then mount -t ext4 /dev/vda /root/disk || stop "cannot mount the disk"; fi
cp /vm-command /root/run/vm-command
exec switch_root /root /bin/bash /run/vm-command
GUEST
}

# The command with its environment, as the guest's process 1 runs it; its status goes out by the second serial line.
vm_command() {
  export -p | grep -vE '^declare -x (PWD|OLDPWD|SHLVL|TMPDIR|_)='
  printf 'cd %q\n' "$PWD"
  printf 'setsid %s </dev/null\n' "$(printf '%q ' "$@")"
  printf 'status=$?\n%s\necho "$status" >/dev/ttyS1\necho o >/proc/sysrq-trigger\nsleep 60\n' "${vm_end:-sync}"
}

# vm_run SHARE DISK MEMORY SECONDS COMMAND...: boots, runs, returns the command's status.
vm_run() {
  local share=$1 disk=$2 memory=$3 seconds=$4 scratch status
  shift 4
  scratch=$(mktemp -d)
  mkdir "$scratch/own"
  vm_command "$@" >"$scratch/own/vm-command"
  printf 'share=%q\ndisk=%q\n' "$share" "$disk" >"$scratch/own/vm-options"
  { cat "$vm_initramfs"; vm_archive "$scratch/own"; } >"$scratch/initramfs"
  if [ -n "$disk" ] && [ ! -s "$disk" ]; then
    truncate -s 2G "$disk" && mkfs.ext4 -q -F "$disk" || fail "cannot make the disk image $disk" "is its folder there, with room?"
  fi
  local files=("$scratch/root.sock:/:hostroot") devices=() pids=() entry socket source tag
  [ -n "$share" ] && files+=("$scratch/share.sock:$share:hostshare")
  for entry in "${files[@]}"; do
    IFS=: read -r socket source tag <<<"$entry"
    /usr/lib/qemu/virtiofsd --socket-path="$socket" -o source="$source" -o cache=auto -o sandbox=chroot >>"$scratch/files.log" 2>&1 &
    pids+=($!)
    devices+=(-chardev "socket,id=$tag,path=$socket" -device "vhost-user-fs-pci,chardev=$tag,tag=$tag,queue-size=1024")
  done
  [ -n "$disk" ] && devices+=(-drive "file=$disk,if=virtio,format=raw,cache=writeback")
  vm_wait_for_sockets "$scratch" "${#files[@]}"
  # An old processor: emulated, its programs run twice as fast as those of one with all that qemu offers. And one alone: of
  # two, which are a thread each, both have hung in the kernel for good. What hangs all the same is ended after two minutes.
  timeout --foreground -k 5 "$seconds" qemu-system-x86_64 -accel tcg -cpu Nehalem -smp 1 -m "$memory" \
    -nodefaults -display none -no-reboot -kernel "$vm_kernel" -initrd "$scratch/initramfs" \
    -append 'console=ttyS0 quiet loglevel=3 panic=-1 random.trust_cpu=on mitigations=off watchdog_thresh=60 softlockup_panic=1 cgroup_no_v1=all' \
    -object "memory-backend-memfd,id=memory,size=${memory}M,share=on" -numa node,memdev=memory \
    -chardev "file,id=console,path=/dev/fd/3" -serial chardev:console -serial "file:$scratch/status" \
    "${devices[@]}" </dev/null 3>&1 2>"$scratch/machine.log" | sed -u 's|\r||g' | tee "$vm_log"
  local machine=${PIPESTATUS[0]}
  status=$(tr -cd '0-9' <"$scratch/status" 2>/dev/null)
  if [ -z "$status" ]; then
    cat "$scratch/machine.log" "$scratch/files.log" >>"$vm_log"
    if [ "$machine" = 124 ]; then echo "error: the virtual machine was switched off after $seconds s; its console is in $vm_log" >&2; status=124
    else echo "error: the virtual machine ended before its command did; its console and qemu's words are in $vm_log" >&2; status=125; fi
  fi
  # The file servers end with the machine; one that does not is not needed any more.
  kill "${pids[@]}" 2>/dev/null
  wait "${pids[@]}" 2>/dev/null
  rm -rf "$scratch"
  return "$status"
}

# The file servers listen within milliseconds; inotifywait is not everywhere, so the folder is looked at.
vm_wait_for_sockets() {
  local tries=0
  while [ "$(find "$1" -name '*.sock' | wc -l)" -lt "$2" ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "the virtual machine's file server does not start" "$(cat "$1/files.log")"
    sleep 0.05
  done
}
