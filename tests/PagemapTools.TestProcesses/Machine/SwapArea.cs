using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Machine;

/// <summary>A swap area made for the test process.</summary>
internal sealed class SwapArea
{
    private const int FlagPrefer = 0x8000;
    private const int Version = 1;
    private const int HeaderOffset = 1024;
    private const int SectorSize = 512;
    private const int ChunkSize = 1 << 20;

    private bool _isOn;

    private SwapArea(string path) => Path = path;

    public string Path { get; }

    /// <summary>Takes the swap lock. Returns null if an area is active and can be used, else a new area.</summary>
    public static SwapArea? Ensure(Context context)
    {
        FacilityLock.Take(context, "swap");
        context.Options.Accept("swap", "swap2", "area", "dir");
        bool own = context.Options.GetFlag("own");
        return own || CountActive() == 0 ? Make(context, "swap", 1) : null;
    }

    /// <summary>Makes an area on the device under the key, or in a file of area= bytes in dir=.</summary>
    public static SwapArea Make(Context context, string key, int priority)
    {
        string device = context.Options.GetText(key, "");
        long size = context.Options.GetSize("area", "32MiB");
        string directory = context.Options.GetText("dir", "/var/tmp");
        return device.Length > 0 ? MakeOnDevice(context, device, priority) : MakeInFile(context, directory, key, size, priority);
    }

    public void TurnOff()
    {
        if (_isOn)
        {
            Libc.SwapOff(Path).OrFail($"swapoff({Path})");
            _isOn = false;
        }
    }

    private static SwapArea MakeInFile(Context context, string directory, string name, long size, int priority)
    {
        string path = System.IO.Path.Combine(directory, BackingFile.MakeUniqueName(name));
        context.OnExit(() => File.Delete(path));
        using (FileStream file = new(path, FileMode.Create, FileAccess.ReadWrite))
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            // Writes zeros, because swapon refuses a file with holes.
            byte[] zeros = new byte[ChunkSize];
            for (long offset = 0; offset < size; offset += ChunkSize)
            {
                file.Write(zeros);
            }

            WriteHeader(file, size);
        }

        return TurnOn(context, path, priority);
    }

    private static int CountActive() => File.ReadLines("/proc/swaps").Skip(1).Count();

    private static unsafe SwapArea MakeOnDevice(Context context, string device, int priority)
    {
        string sectors = $"/sys/class/block/{System.IO.Path.GetFileName(device)}/size";
        if (!File.Exists(sectors))
        {
            throw new SkippedException($"{device} is not a block device");
        }

        int fd;
        fixed (byte* first = Encoding.UTF8.GetBytes(device + '\0'))
        {
            // O_EXCL on a block device fails with EBUSY while the device is mounted or a swap area.
            int flags = Libc.OpenReadWrite | Libc.OpenExclusive | Libc.OpenCloseOnExec;
            fd = Libc.Open(first, flags, 0).OrSkip($"open of {device}");
        }

        using (FileStream file = new(new SafeFileHandle(fd, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0))
        {
            byte[] header = new byte[MappedRegion.PageSize];
            file.ReadExactly(header);
            if (header.AsSpan().ContainsAnyExcept((byte)0) && !header.AsSpan().EndsWith("SWAPSPACE2"u8))
            {
                throw new SkippedException($"{device} has content other than swap");
            }

            // fstat returns size 0 for a block device.
            WriteHeader(file, SystemSetting.ReadNumber(sectors) * SectorSize);
        }

        return TurnOn(context, device, priority);
    }

    private static SwapArea TurnOn(Context context, string path, int priority)
    {
        SwapArea area = new(path);
        Libc.SwapOn(path, FlagPrefer | priority).OrSkip($"swapon({path})");
        area._isOn = true;
        context.OnExit(area.TurnOff);
        return area;
    }

    // Writes union swap_header (include/linux/swap.h), as mkswap does.
    private static void WriteHeader(FileStream file, long size)
    {
        byte[] header = new byte[MappedRegion.PageSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(HeaderOffset), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(HeaderOffset + 4), (uint)(size / header.Length - 1));
        "SWAPSPACE2"u8.CopyTo(header.AsSpan(header.Length - 10));
        file.Position = 0;
        file.Write(header);
        file.Flush(flushToDisk: true);
    }
}
