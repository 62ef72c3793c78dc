using System.Globalization;
using System.Runtime.InteropServices;

namespace PagemapTools.Tests.Support;

/// <summary>What this machine and this user have; a test that needs more is skipped with the reason.</summary>
internal static unsafe partial class Machine
{
    /// <summary>A user without any right.</summary>
    public const string Nobody = "nobody";

    private const uint KernelThreadFlag = 0x00200000;
    private const ulong SoftDirtyBit = 1UL << 55;

    public static ulong PageSize { get; } = (ulong)Environment.SystemPageSize;

    public static string KernelRelease { get; } = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    /// <summary>Whether the kernel keeps soft-dirty bits: a page that was just written has the bit.</summary>
    public static bool HasSoftDirty { get; } = (OwnEntry() & SoftDirtyBit) != 0;

    /// <summary>No kernel gives this id: it is above the largest pid_max (PID_MAX_LIMIT, include/linux/threads.h).</summary>
    public static int MissingProcess => (4 * 1024 * 1024) + 1;

    public static void NeedsRoot() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "Frame numbers and the kpage files are for root.");

    /// <summary>Starting a program as another user needs root, and that the user may read the program.</summary>
    public static void NeedsNobody()
    {
        NeedsRoot();
        Assert.SkipUnless(File.ReadLines("/etc/passwd").Any(line => line.StartsWith(Nobody + ":", StringComparison.Ordinal)), $"There is no user {Nobody}.");
        foreach (string file in (string[])[BuiltFiles.Host, BuiltFiles.Module, BuiltFiles.Zoo])
        {
            Assert.SkipUnless(IsReadableByAll(file), $"{file} is not readable by {Nobody}.");
        }
    }

    public static void NeedsFile(string path) => Assert.SkipUnless(File.Exists(path), $"This kernel has no {path}.");

    public static int KernelThread()
    {
        int? found = Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id != 0)
            .Select(id => (int?)id)
            .FirstOrDefault(id => IsKernelThread(id!.Value));
        Assert.SkipWhen(found is null, "No kernel thread is visible here.");
        return found!.Value;
    }

    private static bool IsKernelThread(int processId)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{processId}/stat");
            return (uint.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[6], CultureInfo.InvariantCulture) & KernelThreadFlag) != 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static bool IsReadableByAll(string path)
    {
        const UnixFileMode Passable = UnixFileMode.OtherExecute;
        if ((File.GetUnixFileMode(path) & UnixFileMode.OtherRead) == 0)
        {
            return false;
        }

        for (DirectoryInfo? directory = new FileInfo(path).Directory; directory is not null; directory = directory.Parent)
        {
            if ((directory.UnixFileMode & Passable) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static ulong OwnEntry()
    {
        byte* page = (byte*)NativeMemory.AlignedAlloc((nuint)PageSize, (nuint)PageSize);
        try
        {
            *page = 1;
            using FileStream pagemap = new("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            pagemap.Position = (long)((ulong)page / PageSize * sizeof(ulong));
            Span<byte> word = stackalloc byte[sizeof(ulong)];
            pagemap.ReadExactly(word);
            return MemoryMarshal.Read<ulong>(word);
        }
        finally
        {
            NativeMemory.AlignedFree(page);
        }
    }
}
