using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>The pagemap and the maps of one address space, opened together.</summary>
/// <param name="ThreadId">The thread whose directory is read: the main thread, or a live one if the main thread has exited.</param>
/// <param name="Program">The program that the thread executed; null if the tree has no stat.</param>
/// <param name="Pagemap">The open pagemap.</param>
/// <param name="Maps">The open maps.</param>
/// <remarks>
/// A child of vfork shares the address space of its parent until it executes a program. If it does so between the two opens, pagemap
/// belongs to the parent and maps to the new program. Two equal readings of stat around both opens rule that out.
/// </remarks>
internal sealed record OpenFiles(int ThreadId, ProgramIdentity? Program, PageIndexedFile Pagemap, SafeFileHandle Maps) : IDisposable
{
    private const string PagemapFile = "pagemap";
    private const string MapsFile = "maps";

    /// <summary>Opens the files of a process and reads its name.</summary>
    /// <exception cref="ProcfsException">
    /// There is no such process, it has no address space, the caller may not read it, or it executed another program during each attempt.
    /// </exception>
    public static (string Name, OpenFiles Files) Open(ProcRoot root, int processId, int maxAttempts)
    {
        for (int attempt = 0; attempt < maxAttempts; attempt++)
        {
            ProcessStat? before = ProcessStat.TryRead(root, processId);
            string name = ProcessNames.GetOrThrow(root, processId, PagemapFile);
            OpenFiles files = OpenOnce(root, processId, before);
            bool isVerified = false;
            try
            {
                isVerified = files.IsOfSameProgram(root);
            }
            finally
            {
                if (!isVerified)
                {
                    files.Dispose();
                }
            }

            if (isVerified)
            {
                return (name, files);
            }
        }

        throw ProcessErrors.Exited(root, processId);
    }

    /// <summary>Whether the process still executes the program that it executed before the files were opened.</summary>
    /// <exception cref="ProcfsException">The machine lacks descriptors or memory, or stat has a text that the kernel does not write.</exception>
    public bool IsOfSameProgram(ProcRoot root) => ProcessStat.TryRead(root, ThreadId)?.Program == Program;

    /// <summary>
    /// Whether the id has passed to another process, or the process executes another program, than when the files were opened. False for a
    /// main thread that has ended while other threads live: the address space stays.
    /// </summary>
    /// <exception cref="ProcfsException">The machine lacks descriptors or memory, or stat has a text that the kernel does not write.</exception>
    public bool HasOtherProgram(ProcRoot root) =>
        Program is { } program && (ProcessStat.TryRead(root, ThreadId) is not { } stat || (!stat.HasEnded && stat.Program != program));

    public void Dispose()
    {
        Pagemap.Dispose();
        Maps.Dispose();
    }

    /// <summary>Whether pagemap has an entry for a virtual page.</summary>
    public static bool HasEntry(PageIndexedFile pagemap, ulong index)
    {
        Span<ulong> entry = stackalloc ulong[1];
        return pagemap.Read(index, entry) == 1;
    }

    private static OpenFiles OpenOnce(ProcRoot root, int processId, ProcessStat? stat)
    {
        int threadId = processId;
        PageIndexedFile? pagemap = PageIndexedFile.TryOpen(root, root.GetPath(processId, PagemapFile), out int errno, processId);
        try
        {
            // The pagemap of a process without an address space cannot be opened. On older kernels it opens, and has no entry
            // (fs/proc/base.c, proc_mem_open).
            if ((pagemap is null || !HasEntry(pagemap, 0)) && ThreadGroup.FindLiveThread(root, processId) is { } thread)
            {
                pagemap?.Dispose();
                threadId = thread;
                stat = ProcessStat.TryRead(root, threadId);
                pagemap = PageIndexedFile.TryOpen(root, root.GetPath(threadId, PagemapFile), out errno, processId);
            }

            if (pagemap is null)
            {
                throw ProcessErrors.FromErrno(root, processId, PagemapFile, errno);
            }

            SafeFileHandle maps = root.OpenFile(root.GetPath(threadId, MapsFile), out errno, processId);
            return errno == 0 ? new OpenFiles(threadId, stat?.Program, pagemap, maps) : throw ProcessErrors.FromErrno(root, processId, MapsFile, errno);
        }
        catch (ProcfsException)
        {
            pagemap?.Dispose();
            throw;
        }
    }
}
