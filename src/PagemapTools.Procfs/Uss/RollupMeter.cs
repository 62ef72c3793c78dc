using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// Measures by the kernel's own summary: smaps_rollup (Linux 4.14) for a whole process, smaps for selected mappings and before 4.14. Each
/// file shows the address space that the process has when the file is opened, and reading it fails when that address space no longer exists
/// (fs/proc/task_mmu.c). Safe to use from several threads.
/// </summary>
internal sealed class RollupMeter(ProcfsContext procfs)
{
    private const string RollupFile = "smaps_rollup";
    private const string SmapsFile = "smaps";

    // Bounds the attempts to read a process that executes one program after the other.
    private const int MaxAttempts = 4;

    // smaps_rollup has 24 lines of 30 bytes.
    private const int MaxRollupSize = 4096;

    private ProcRoot Root => procfs.Root;

    /// <summary>Measures a process; null if it has more than <paramref name="maxResident"/> bytes resident.</summary>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller or this kernel cannot read it.</exception>
    public ProcessUss? Measure(int processId, Func<MemoryMapping, bool>? mappings, long maxResident, CancellationToken cancellationToken)
    {
        string file = mappings is null ? RollupFile : SmapsFile;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using OpenSmaps? smaps = Open(processId, file, isWhole: mappings is null, maxResident, out bool isTooLarge);
            if (isTooLarge)
            {
                return null;
            }

            if (smaps is not null && Read(smaps, mappings, cancellationToken) is { IsEmpty: false } figures)
            {
                return new ProcessUss(smaps.Target, UssMethod.Rollup, UssFigures.From(figures));
            }
        }

        throw CreateGone(processId, file);
    }

    /// <summary>Measures each mapping of a process; null if the process has more than <paramref name="maxResident"/> bytes resident.</summary>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller or this kernel cannot read it.</exception>
    public IEnumerable<MappingUss>? MeasureMappings(int processId, Func<MemoryMapping, bool>? mappings, long maxResident, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            OpenSmaps? smaps = Open(processId, SmapsFile, isWhole: false, maxResident, out bool isTooLarge);
            if (isTooLarge)
            {
                return null;
            }

            if (smaps is not null)
            {
                return ReadMappings(smaps, mappings, cancellationToken);
            }
        }

        throw CreateGone(processId, SmapsFile);
    }

    /// <summary>Opens the file between two readings of stat. Null if they show different programs, or if the process is too large.</summary>
    private OpenSmaps? Open(int processId, string file, bool isWhole, long maxResident, out bool isTooLarge)
    {
        ProcessStat? stat = ProcessStat.TryRead(Root, processId);
        ProcessDetails details = ProcessDetails.Read(Root, processId, file);
        int threadId = processId;
        if (stat is { State: 'Z' } && ThreadGroup.FindLiveThread(Root, processId) is { } thread)
        {
            threadId = thread;
            stat = ProcessStat.TryRead(Root, threadId);
            details = details.WithStatus(Root, threadId);
        }

        isTooLarge = details.Resident > maxResident;
        if (isTooLarge)
        {
            return null;
        }

        SafeFileHandle handle = OpenFile(processId, threadId, ref file);
        if (ProcessStat.TryRead(Root, threadId)?.Program == stat?.Program)
        {
            string? user = details.UserId is { } userId ? procfs.Users.Get(userId) : null;
            UssTarget target = new(processId, stat?.Program.StartTime, details, user, isWhole ? details.PageTables : null);
            return new OpenSmaps(handle, Root.GetPath(threadId, file), target, file == RollupFile, threadId, stat?.Program);
        }

        handle.Dispose();
        return null;
    }

    private SafeFileHandle OpenFile(int processId, int threadId, ref string file)
    {
        SafeFileHandle handle = Root.OpenFile(Root.GetPath(threadId, file), out int errno, processId);
        if (errno == Errno.ENOENT && file == RollupFile)
        {
            handle.Dispose();
            file = SmapsFile;
            handle = Root.OpenFile(Root.GetPath(threadId, file), out errno, processId);
        }

        if (errno == 0)
        {
            return handle;
        }

        handle.Dispose();
        throw ProcessErrors.FromErrno(Root, processId, file, errno);
    }

    /// <summary>Reads the figures of a process. None if its address space no longer exists.</summary>
    private SmapsFigures Read(OpenSmaps smaps, Func<MemoryMapping, bool>? mappings, CancellationToken cancellationToken)
    {
        if (smaps.IsRollup)
        {
            return ReadRollup(smaps);
        }

        SmapsFigures sum = default;
        bool hasMapping = false;
        foreach ((MemoryMapping mapping, SmapsFigures figures) in ReadFile(smaps, cancellationToken))
        {
            hasMapping = true;
            if (mappings?.Invoke(mapping) != false)
            {
                sum.Add(figures);
            }
        }

        return hasMapping && IsWhole(smaps) ? sum.WithZeros() : default;
    }

    private static SmapsFigures ReadRollup(OpenSmaps smaps)
    {
        SmapsFigures figures = default;
        using ProcLineReader lines = new(smaps.Handle, smaps.Path, MaxRollupSize, smaps.Target.ProcessId);
        while (lines.MoveNext())
        {
            if (SmapsFigures.IsFigure(lines.Line) && !figures.TryTake(lines.Line))
            {
                throw ProcText.CreateMalformed(smaps.Path, lines.Line, smaps.Target.ProcessId);
            }
        }

        lines.ThrowIfFailed();
        return figures;
    }

    private IEnumerable<MappingUss> ReadMappings(OpenSmaps smaps, Func<MemoryMapping, bool>? mappings, CancellationToken cancellationToken)
    {
        using (smaps)
        {
            bool hasMapping = false;
            foreach ((MemoryMapping mapping, SmapsFigures figures) in ReadFile(smaps, cancellationToken))
            {
                hasMapping = true;
                if (mappings?.Invoke(mapping) != false)
                {
                    yield return new MappingUss(smaps.Target, mapping, UssMethod.Rollup, UssFigures.From(figures));
                }
            }

            if (!hasMapping || !IsWhole(smaps))
            {
                throw CreateGone(smaps.Target.ProcessId, SmapsFile);
            }
        }
    }

    /// <summary>Whether smaps ended after the last mapping. It ends in the same way when the process exits or executes another program; stat then shows that.</summary>
    private bool IsWhole(OpenSmaps smaps) =>
        ProcessStat.TryRead(Root, smaps.ThreadId) is var stat && stat?.HasEnded != true && stat?.Program == smaps.Program;

    // The vsyscall page is above the address space; a walk does not reach it, either.
    private IEnumerable<(MemoryMapping Mapping, SmapsFigures Figures)> ReadFile(OpenSmaps smaps, CancellationToken cancellationToken) =>
        SmapsReader.Read(smaps.Handle, smaps.Path, procfs.CreateContext(smaps.Target.ProcessId, smaps.Target.Details.Name), cancellationToken)
            .Where(item => item.Mapping.HasPagemap);

    private ProcfsException CreateGone(int processId, string file) =>
        ProcessErrors.NoAddressSpaceOrNull(Root, processId, file, Errno.ESRCH) ?? ProcessErrors.Exited(Root, processId);

    /// <summary>An open smaps_rollup or smaps, the process, and what it executed when the file was opened; null if the tree has no stat.</summary>
    private sealed record OpenSmaps(SafeFileHandle Handle, string Path, UssTarget Target, bool IsRollup, int ThreadId, ProgramIdentity? Program) : IDisposable
    {
        public void Dispose() => Handle.Dispose();
    }
}
