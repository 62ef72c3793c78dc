namespace PagemapTools.Procfs.Processes;

/// <summary>Which processes use one address space.</summary>
/// <param name="Spaces">The processes of each address space that several of them use, the lowest id first.</param>
/// <param name="Failures">Why the address spaces of some processes, which count as separate, could not be compared. A process that has exited has no failure.</param>
internal sealed record SharedAddressSpaces(IReadOnlyList<IReadOnlyList<int>> Spaces, IReadOnlyList<ProcfsException> Failures);

/// <summary>
/// Finds processes of one address space (clone with CLONE_VM, vfork). kcmp compares address spaces, and the kernel asks for permission
/// to trace both processes. Only processes whose address space begins alike are compared: their program and its arguments lie at the same
/// addresses, as in a process and its forks.
/// </summary>
internal static class AddressSpaceSharing
{
    /// <summary>Groups processes by their address space. A process whose address space cannot be compared is in a group of its own.</summary>
    /// <param name="root">The proc tree. kcmp takes the ids of the caller's PID namespace, so in any other tree than /proc nothing is compared.</param>
    /// <param name="processIds">The processes; each once.</param>
    /// <param name="options">How long a process may hold up the comparison; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    public static SharedAddressSpaces FindShared(
        ProcRoot root, IEnumerable<int> processIds, TargetRunOptions? options, CancellationToken cancellationToken)
    {
        if (!root.IsDefault)
        {
            return new SharedAddressSpaces([], []);
        }

        TargetResult<ProgramIdentity?>[] programs =
            [.. TargetRun.ReadEach(root, processIds.Order(), (id, _) => ProcessStat.TryRead(root, id)?.Program, options, cancellationToken)];
        List<IReadOnlyList<int>> shared = [];
        foreach (IGrouping<ProgramIdentity, int> alike in programs
            .Select(result => (Id: result.ProcessId, Program: result.Value))
            .Where(process => process.Program is { } program && program.StartCode != 0)
            .GroupBy(process => process.Program!.Value with { StartTime = 0 }, process => process.Id)
            .Where(alike => alike.Skip(1).Any()))
        {
            shared.AddRange(CompareAlike(root, alike, options, cancellationToken));
        }

        return new SharedAddressSpaces(shared, [.. programs.Select(result => result.Failure).OfType<ProcfsException>()]);
    }

    // kcmp takes the lock that exec holds (kernel/kcmp.c, kcmp_lock: exec_update_lock), and on some kernels stat waits for it, too. A process whose memory map is locked keeps it when it
    // executes a program (fs/exec.c, exec_mmap).
    private static IEnumerable<IReadOnlyList<int>> CompareAlike(
        ProcRoot root, IEnumerable<int> processIds, TargetRunOptions? options, CancellationToken cancellationToken)
    {
        int[] answering =
        [
            .. TargetRun.ReadEach(root, processIds, (id, _) => Kcmp.CompareAddressSpaces(id, id), options, cancellationToken)
                .Where(result => result is { Failure: null, Value: 0 }).Select(result => result.ProcessId),
        ];
        try
        {
            return answering.Length < 2 ? [] : TargetRun.Read(root, answering[0], token => FindShared(answering, token), options, cancellationToken);
        }
        catch (ProcfsException failure) when (failure.Error == ProcfsError.TimedOut)
        {
            return [];
        }
    }

    /// <summary>Inserts each process into a list in the kernel's order of address spaces.</summary>
    private static IReadOnlyList<IReadOnlyList<int>> FindShared(int[] processIds, CancellationToken cancellationToken)
    {
        List<List<int>> spaces = [];
        foreach (int id in processIds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int low = 0;
            int high = spaces.Count;
            int order = 1;
            while (low < high && order > 0)
            {
                int middle = (low + high) / 2;
                order = Kcmp.CompareAddressSpaces(id, spaces[middle][0]);
                if (order == 0)
                {
                    spaces[middle].Add(id);
                }
                else if (order < 0 && Kcmp.CompareAddressSpaces(spaces[middle][0], spaces[middle][0]) != 0)
                {
                    // The process in the list has exited: take it out, and begin again.
                    spaces.RemoveAt(middle);
                    (low, high, order) = (0, spaces.Count, 1);
                }
                else
                {
                    (low, high) = order == 1 ? (low, middle) : (middle + 1, high);
                }
            }

            if (order > 0)
            {
                spaces.Insert(low, [id]);
            }
        }

        return [.. spaces.Where(space => space.Count > 1)];
    }
}
