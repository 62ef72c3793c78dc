using System.Globalization;
using System.Runtime.InteropServices;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>Says that its command line is a region of any size. That needs no capability (kernel/sys.c, prctl_set_mm_map).</summary>
internal sealed unsafe class LongCommandLine : TestProcess
{
    private const int SetMemory = 35;
    private const int SetMemoryMap = 14;
    private const int NoFile = -1;
    private const ulong Letters = 0x7878_7878_7878_7878;

    // The fields of /proc/PID/stat, from 1 (Documentation/filesystems/proc.rst).
    private const int StartCode = 26;
    private const int StartStack = 28;
    private const int StartData = 45;
    private const int EnvironmentEnd = 51;

    /// <summary>struct prctl_mm_map (include/uapi/linux/prctl.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryDescription
    {
        public ulong StartCode, EndCode, StartData, EndData, StartBreak, Break, StartStack, ArgumentsStart, ArgumentsEnd, EnvironmentStart, EnvironmentEnd;
        public nuint AuxiliaryVector;
        public uint AuxiliaryVectorSize;
        public int ExecutableFile;
    }

    public override string Name => "long-command-line";

    public override string Summary => "size=64MiB: a command line of this size, all of it written (PR_SET_MM_MAP, CONFIG_CHECKPOINT_RESTORE)";

    public override void Make(Context context)
    {
        MappedRegion text = MappedRegion.MapAnonymous(context, context.Options.GetSize("size", "64MiB"));

        // Of a command line that does not end with NUL, the kernel shows one page (fs/proc/base.c, get_mm_proctitle).
        int last = text.PageCount - 1;
        for (int page = 0; page <= last; page++)
        {
            text.Fill(page, page < last ? Letters : 0);
        }

        MemoryDescription description = Read();
        description.ArgumentsStart = text.Address;
        description.ArgumentsEnd = text.Address + (ulong)text.Length;
        Libc.ProcessControl(SetMemory, SetMemoryMap, (nuint)(&description), (nuint)sizeof(MemoryDescription), 0).OrSkip("prctl(PR_SET_MM, PR_SET_MM_MAP)");
        context.Add(Name, text).WithAll("written");
    }

    private static MemoryDescription Read()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        ulong[] fields = [.. stat[(stat.LastIndexOf(')') + 4)..].Split(' ').Select(ParseField)];
        ulong[] code = fields[(StartCode - 4)..(StartStack - 3)];
        ulong[] data = fields[(StartData - 4)..(EnvironmentEnd - 3)];
        return new MemoryDescription
        {
            StartCode = code[0], EndCode = code[1], StartStack = code[2],
            StartData = data[0], EndData = data[1], StartBreak = data[2], Break = (ulong)Libc.SetBreak(0),
            ArgumentsStart = data[3], ArgumentsEnd = data[4], EnvironmentStart = data[5], EnvironmentEnd = data[6],
            ExecutableFile = NoFile,
        };
    }

    private static ulong ParseField(string field) => ulong.TryParse(field, CultureInfo.InvariantCulture, out ulong value) ? value : 0;
}
