using System.Collections;
using System.Management.Automation;

namespace PagemapTools.Completion;

/// <summary>The processes on the command line, and their proc tree.</summary>
internal sealed class BoundTargets(IDictionary boundParameters)
{
    // The user waits for the list. A process that does not answer is not in it.
    private static readonly TargetRunOptions s_options = new() { Timeout = TimeSpan.FromMilliseconds(500) };

    /// <summary>The proc tree.</summary>
    public ProcRoot Root { get; } = new(boundParameters["ProcPath"] as string);

    private bool IsReadable => Directory.Exists(Root.Path)
        && (Root.IsProcFileSystem || boundParameters["AllowSavedTree"] is bool isAllowed && isAllowed || boundParameters["AllowSavedTree"] is SwitchParameter { IsPresent: true });

    /// <summary>Lists the processes of the tree that are not kernel threads, with their names.</summary>
    public IEnumerable<(int Id, string Name)> ListProcesses() =>
        from process in TargetRun.ReadEach(
            Root, IsReadable ? Root.GetProcessIds() : [], (id, token) => Root.IsKernelThread(id) ? null : Root.GetProcessName(id, token), s_options)
        where process.Value is not null
        select (process.ProcessId, process.Value);

    /// <summary>Lists the mappings of the processes on the command line. A process that the caller may not read has none.</summary>
    public IEnumerable<MemoryMapping> ListMappings() => GetProcessIds().SelectMany(ReadMappings);

    private IEnumerable<int> GetProcessIds()
    {
        if (boundParameters["Id"] is { } ids)
        {
            return ToTexts(ids).Select(text => ProcRootProcesses.TryParseProcessId(text, out int id) ? id : 0).Where(id => id != 0);
        }

        if (boundParameters["InputObject"] is System.Diagnostics.Process process)
        {
            return [process.Id];
        }

        WildcardPattern[] names = [.. ToTexts(boundParameters["Name"]).Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase))];
        return ListProcesses().Where(running => names.Any(name => name.IsMatch(running.Name))).Select(running => running.Id);
    }

    private MemoryMapping[] ReadMappings(int processId)
    {
        try
        {
            return TargetRun.Read(Root, processId, _ => ReadAllMappings(processId), s_options);
        }
        catch (ProcfsException)
        {
            // Completion is silent; the command itself reports the error.
            return [];
        }
    }

    private MemoryMapping[] ReadAllMappings(int processId)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(Root, processId);
        return [.. process.ReadMappings()];
    }

    private static IEnumerable<string> ToTexts(object? bound) => bound switch
    {
        null => [],
        string text => [text],
        IEnumerable items => items.Cast<object>().Select(item => item.ToString() ?? string.Empty),
        _ => [bound.ToString() ?? string.Empty],
    };
}
