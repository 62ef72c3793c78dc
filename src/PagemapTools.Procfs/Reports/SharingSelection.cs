using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Procfs.Reports;

/// <summary>Selects the processes that share most, for a matrix that can be read.</summary>
internal static class SharingSelection
{
    private const int MaxProcesses = 32;

    /// <summary>Selects pairs.</summary>
    /// <param name="measurement">What processes share with one another.</param>
    /// <param name="indices">The position of each process in the report.</param>
    public static ReportedSharing Select(SharingMeasurement measurement, IReadOnlyDictionary<int, int> indices)
    {
        // The largest pair of each process: its sum would count libraries that all processes map.
        Dictionary<int, long> largest = [];
        foreach (ProcessSharing pair in EnumeratePairs(measurement, indices))
        {
            largest[pair.ProcessId] = Math.Max(largest.GetValueOrDefault(pair.ProcessId), pair.Shared);
            largest[pair.OtherProcessId] = Math.Max(largest.GetValueOrDefault(pair.OtherProcessId), pair.Shared);
        }

        int[] selected = [.. largest.OrderByDescending(process => process.Value).ThenBy(process => process.Key).Take(MaxProcesses).Select(process => process.Key)];
        Dictionary<int, int> places = selected.Select((id, place) => (id, place)).ToDictionary(process => process.id, process => process.place);
        return new ReportedSharing(
            [.. selected.Select(id => indices[id])],
            [
                .. EnumeratePairs(measurement, indices).Where(pair => places.ContainsKey(pair.ProcessId) && places.ContainsKey(pair.OtherProcessId))
                    .Select(pair => (long[])[places[pair.ProcessId], places[pair.OtherProcessId], pair.Anonymous, pair.File, pair.Shmem, pair.Hugetlb]),
            ]);
    }

    private static IEnumerable<ProcessSharing> EnumeratePairs(SharingMeasurement measurement, IReadOnlyDictionary<int, int> indices) =>
        measurement.EnumeratePairs(minimum: 1).Where(pair => indices.ContainsKey(pair.ProcessId) && indices.ContainsKey(pair.OtherProcessId));
}
