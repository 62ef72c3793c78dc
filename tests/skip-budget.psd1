# How many tests may be skipped at most for want of a feature (Most), and on which machine (If): Always, NotPrivileged, 
# KernelBefore RELEASE, NoCommand NAME, NoPath PATH. What is not listed may be skipped nowhere.
@{
    Root                       = @{ Most = 400; If = 'NotPrivileged' }
    Nobody                     = @{ Most = 20; If = 'NotPrivileged' }
    PageFrameNumbers           = @{ Most = 60; If = 'NotPrivileged' }
    kpageflags                 = @{ Most = 20; If = 'NotPrivileged' }
    kpagecount                 = @{ Most = 20; If = 'NotPrivileged' }
    kpagecgroup                = @{ Most = 20; If = 'NotPrivileged' }
    MapFiles                   = @{ Most = 60; If = 'Always' }
    # Either of them on every machine.
    SoftDirty                  = @{ Most = 30; If = 'Always' }
    NoSoftDirty                = @{ Most = 10; If = 'Always' }
    ZeroPage                   = @{ Most = 20; If = 'Always' }
    KnownMemory                = @{ Most = 60; If = 'Always' }
    SwapArea                   = @{ Most = 40; If = 'Always' }
    HugetlbPages               = @{ Most = 20; If = 'Always' }
    TransparentHugePages       = @{ Most = 40; If = 'NoPath /sys/kernel/mm/transparent_hugepage' }
    MultiSizeHugePages         = @{ Most = 10; If = 'NoPath /sys/kernel/mm/transparent_hugepage/hugepages-64kB' }
    HugeZeroPage               = @{ Most = 10; If = 'NoPath /sys/kernel/mm/transparent_hugepage' }
    ShmemHugePages             = @{ Most = 5; If = 'Always' }
    SharedPageTables           = @{ Most = 5; If = 'Always' }
    Ksm                        = @{ Most = 10; If = 'NoPath /sys/kernel/mm/ksm' }
    GuardRegions               = @{ Most = 20; If = 'KernelBefore 6.13' }
    UserfaultPoison            = @{ Most = 10; If = 'KernelBefore 6.6' }
    UserfaultWriteProtect      = @{ Most = 20; If = 'KernelBefore 5.7' }
    UserfaultAsyncWriteProtect = @{ Most = 10; If = 'KernelBefore 6.7' }
    HardwarePoison             = @{ Most = 5; If = 'Always' }
    Markers                    = @{ Most = 20; If = 'KernelBefore 6.4' }
    Cachestat                  = @{ Most = 10; If = 'KernelBefore 6.5' }
    'Kernel6.7'                = @{ Most = 10; If = 'KernelBefore 6.7' }
    Cgroups                    = @{ Most = 10; If = 'Always' }
    VmaNames                   = @{ Most = 2; If = 'Always' }
    Vsyscall                   = @{ Most = 2; If = 'Always' }
    KernelThread               = @{ Most = 10; If = 'Always' }
    KernelHeaders              = @{ Most = 2; If = 'NoPath /usr/include/linux/kernel-page-flags.h' }
    BlockDevice                = @{ Most = 2; If = 'Always' }
    Zswap                      = @{ Most = 2; If = 'NoPath /sys/module/zswap' }
    'page-types'               = @{ Most = 40; If = 'NoCommand page-types' }
    unshare                    = @{ Most = 60; If = 'NoCommand unshare' }
}
