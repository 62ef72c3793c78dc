# How many tests a missing feature may skip at most (Most), and on which machine (If; one of several conditions is enough):
# Always, NotPrivileged (not root with CAP_SYS_ADMIN in the initial user namespace), With FEATURE and Unless FEATURE (tests were
# skipped for that one, or were not), KernelBefore RELEASE, NoCommand NAME, NoPath PATH. A feature that is not listed may skip nothing.
@{
    Root                       = @{ Most = 500; If = 'NotPrivileged' }
    # Also where the build lies in a directory that other users cannot enter.
    Nobody                     = @{ Most = 270; If = 'Always' }
    Setuid                     = @{ Most = 20; If = 'NotPrivileged' }
    PageFrameNumbers           = @{ Most = 120; If = 'NotPrivileged' }
    kpageflags                 = @{ Most = 40; If = 'NotPrivileged' }
    kpagecount                 = @{ Most = 40; If = 'NotPrivileged' }
    kpagecgroup                = @{ Most = 40; If = 'NotPrivileged', 'NoPath /proc/kpagecgroup' }
    MapFiles                   = @{ Most = 50; If = 'NotPrivileged' }
    IpcNamespace               = @{ Most = 5; If = 'NotPrivileged' }
    unshare                    = @{ Most = 40; If = 'NotPrivileged', 'NoCommand unshare', 'NoCommand setpriv' }
    # A chroot, a sysctl or a security module refuses them.
    UserNamespaces             = @{ Most = 40; If = 'Always' }
    # A root directory that is no mount, as in a chroot.
    MountNamespace             = @{ Most = 1; If = 'Always' }
    # A machine whose only shell is busybox, such as a guest.
    Shell                      = @{ Most = 6; If = 'Always' }
    # A kernel has soft-dirty bits or has none.
    SoftDirty                  = @{ Most = 22; If = 'Unless NoSoftDirty' }
    NoSoftDirty                = @{ Most = 8; If = 'Unless SoftDirty' }
    # What the kernel command line, the memory of the machine or another program can take away.
    ZeroPage                   = @{ Most = 12; If = 'Always' }
    HugeZeroPage               = @{ Most = 7; If = 'With ZeroPage', 'NoPath /sys/kernel/mm/transparent_hugepage' }
    KnownMemory                = @{ Most = 110; If = 'Always' }
    SwapArea                   = @{ Most = 51; If = 'Always' }
    HugetlbPages               = @{ Most = 18; If = 'Always' }
    'TestProcess.farm'         = @{ Most = 5; If = 'Always' }
    'TestProcess.working-set'  = @{ Most = 10; If = 'Always' }
    'TestProcess.held'         = @{ Most = 20; If = 'Always' }
    'TestProcess.parts'        = @{ Most = 1; If = 'Always' }
    'TestProcess.dense'        = @{ Most = 10; If = 'Always' }
    # The available memory of a small guest.
    Memory                     = @{ Most = 4; If = 'Always' }
    IdleMachine                = @{ Most = 2; If = 'Always' }
    BlockDevice                = @{ Most = 1; If = 'Always' }
    DiskFile                   = @{ Most = 7; If = 'Always' }
    Cgroups                    = @{ Most = 40; If = 'Always' }
    AscendingProcessIds        = @{ Most = 1; If = 'Always' }
    ns_last_pid                = @{ Most = 1; If = 'NotPrivileged', 'NoPath /proc/sys/kernel/ns_last_pid' }
    SetUserId                  = @{ Most = 1; If = 'Always' }
    FileLease                  = @{ Most = 1; If = 'Always' }
    setpriv                    = @{ Most = 220; If = 'NotPrivileged', 'NoCommand setpriv' }
    KernelThread               = @{ Most = 12; If = 'Always' }
    # What a kernel's configuration or processor has or has not.
    TransparentHugePages       = @{ Most = 12; If = 'NoPath /sys/kernel/mm/transparent_hugepage' }
    MultiSizeHugePages         = @{ Most = 14; If = 'NoPath /sys/kernel/mm/transparent_hugepage/hugepages-64kB' }
    ShmemHugePages             = @{ Most = 2; If = 'Always' }
    SharedPageTables           = @{ Most = 2; If = 'Always' }
    VmaNames                   = @{ Most = 2; If = 'Always' }
    Vsyscall                   = @{ Most = 1; If = 'Always' }
    # Linux sets them again, but a hypervisor with shadow page tables does not.
    ReferencedBits             = @{ Most = 5; If = 'Always' }
    IdleBitmap                 = @{ Most = 26; If = 'NoPath /sys/kernel/mm/page_idle/bitmap' }
    SoftOffline                = @{ Most = 22; If = 'NoPath /sys/devices/system/memory/soft_offline_page' }
    NoIdleBitmap               = @{ Most = 2; If = 'Unless IdleBitmap' }
    Ksm                        = @{ Most = 7; If = 'NoPath /sys/kernel/mm/ksm' }
    # A guest whose kernel or emulator the machine neither has nor can get.
    BootableGuest              = @{ Most = 1; If = 'Always' }
    # A machine that is no guest of the tests keeps its page frames.
    Guest                      = @{ Most = 4; If = 'Always' }
    HardwarePoison             = @{ Most = 4; If = 'NoPath /sys/kernel/debug/hwpoison/unpoison-pfn' }
    # A sysctl (kernel.io_uring_disabled) or a seccomp filter refuses it.
    IoUring                    = @{ Most = 3; If = 'Always' }
    Zswap                      = @{ Most = 6; If = 'NoPath /sys/module/zswap' }
    # Root may lack it, too: /dev may be mounted nodev, or a device cgroup may refuse it.
    Fuse                       = @{ Most = 140; If = 'Always' }
    # CONFIG_CHECKPOINT_RESTORE.
    CheckpointRestore          = @{ Most = 1; If = 'Always' }
    # Programs of other packages.
    promtool                   = @{ Most = 5; If = 'NoCommand promtool' }
    Chromium                   = @{ Most = 24; If = 'NoCommand chromium' }
    'systemd-analyze'          = @{ Most = 1; If = 'NoCommand systemd-analyze' }
    # What a release brought.
    GuardRegions               = @{ Most = 10; If = 'KernelBefore 6.13' }
    # vm.unprivileged_userfaultfd and seccomp filters refuse it.
    Userfault                  = @{ Most = 4; If = 'Always' }
    UserfaultPoison            = @{ Most = 5; If = 'KernelBefore 6.6' }
    UserfaultWriteProtect      = @{ Most = 10; If = 'KernelBefore 5.7' }
    UserfaultAsyncWriteProtect = @{ Most = 5; If = 'KernelBefore 6.7' }
    Markers                    = @{ Most = 10; If = 'KernelBefore 6.4' }
    Cachestat                  = @{ Most = 15; If = 'KernelBefore 6.5' }
    'Kernel6.7'                = @{ Most = 15; If = 'KernelBefore 6.7' }
    # What is not installed.
    KernelHeaders              = @{ Most = 1; If = 'NoPath /usr/include/linux/kernel-page-flags.h' }
    'page-types'               = @{ Most = 40; If = 'NoCommand page-types' }
    thpmaps                    = @{ Most = 4; If = 'NoCommand thpmaps' }
    'PageTypesBefore6.12'      = @{ Most = 1; If = 'Always' }
    ipcmk                      = @{ Most = 1; If = 'NoCommand ipcmk' }
    fincore                    = @{ Most = 2; If = 'NoCommand fincore' }
    MemoryBlocks               = @{ Most = 10; If = 'NoPath /sys/devices/system/node/node0/memory0' }
    numa_maps                  = @{ Most = 7; If = 'NoPath /proc/self/numa_maps' }
    DevShm                     = @{ Most = 6; If = 'NoPath /dev/shm' }
    'redis-server'             = @{ Most = 1; If = 'NoCommand redis-server' }
    'redis-cli'                = @{ Most = 1; If = 'NoCommand redis-cli' }
    # CONFIG_TASK_IO_ACCOUNTING.
    io                         = @{ Most = 3; If = 'NotPrivileged', 'NoPath /proc/self/io' }
    sshd                       = @{ Most = 9; If = 'Always' }
}
