using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed unsafe class IoUringProcess : TestProcess
{
    private const int ParametersSize = 120;

    public override string Name => "io-uring";

    public override string Summary => "the first page of the queues of an io_uring, read";

    public override void Make(Context context)
    {
        byte* parameters = stackalloc byte[ParametersSize];
        new Span<byte>(parameters, ParametersSize).Clear();
        int fd = (int)Libc.CreateIoUring(8, parameters).OrSkip("io_uring_setup");

        // The kernel chooses the address (io_uring/memmap.c, io_uring_get_unmapped_area).
        nuint address = (nuint)Libc.MapMemory(0, (nuint)MappedRegion.PageSize, Libc.ProtReadWrite, Libc.MapShared, fd, 0).OrSkip("mmap of an io_uring");
        _ = Volatile.Read(ref *(byte*)address);
        context.Add(Name, Environment.ProcessId, address, MappedRegion.PageSize).With("read", "0");
    }
}

internal sealed unsafe class ZeroDeviceProcess : TestProcess
{
    public override string Name => "zero-device";

    public override string Summary => "16 pages each of /dev/zero, written: private, and shared";

    public override void Make(Context context)
    {
        fixed (byte* path = "/dev/zero\0"u8)
        {
            int fd = Libc.Open(path, Libc.OpenReadWrite, 0).OrSkip("open of /dev/zero");
            long length = 16L * MappedRegion.PageSize;
            Add(context, "private", MappedRegion.Map(context, length, Libc.ProtReadWrite, Libc.MapPrivate, fd));
            Add(context, "shared", MappedRegion.MapShared(context, fd, length));
        }
    }

    private static void Add(Context context, string name, MappedRegion mapping)
    {
        mapping.WriteAll();
        context.Add(name, mapping).With("written", "all");
    }
}
