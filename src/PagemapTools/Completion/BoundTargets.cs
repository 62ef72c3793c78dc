using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace PagemapTools.Completion;

/// <summary>The processes on the command line, and their proc tree.</summary>
internal sealed class BoundTargets(IDictionary boundParameters)
{
    /// <summary>The proc tree.</summary>
    public ProcRoot Root { get; } = new(boundParameters["ProcPath"] as string);

    private bool IsReadable => Directory.Exists(Root.Path)
        && (Root.IsProcFileSystem || boundParameters["AllowSavedTree"] is bool isAllowed && isAllowed || boundParameters["AllowSavedTree"] is SwitchParameter { IsPresent: true });

    /// <summary>Lists the processes of the tree that are not kernel threads, with their names.</summary>
    public IEnumerable<(int Id, string Name)> ListProcesses() =>
        from id in IsReadable ? Root.GetProcessIds() : []
        where !Root.IsKernelThread(id)
        let name = Root.GetProcessName(id)
        where name is not null
        select (id, name);

    /// <summary>Lists the mappings of the processes on the command line. A process that the caller may not read has none.</summary>
    public IEnumerable<MemoryMapping> ListMappings() => GetProcessIds().SelectMany(ReadMappings);

    private IEnumerable<int> GetProcessIds()
    {
        if (boundParameters["Id"] is { } ids)
        {
            return ToTexts(ids).Select(id => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0).Where(id => id != 0);
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
            using ProcessAddressSpace process = ProcessAddressSpace.Open(Root, processId);
            return [.. process.ReadMappings()];
        }
        catch (ProcfsException)
        {
            // Completion is silent; the command itself reports the error.
            return [];
        }
    }

    private static IEnumerable<string> ToTexts(object? bound) => bound switch
    {
        null => [],
        string text => [text],
        IEnumerable items => items.Cast<object>().Select(item => item.ToString() ?? string.Empty),
        _ => [bound.ToString() ?? string.Empty],
    };
}
