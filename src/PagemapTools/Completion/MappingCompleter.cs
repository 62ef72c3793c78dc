using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PagemapTools.Procfs;

namespace PagemapTools.Completion;

/// <summary>Completes the mappings of the processes that are already on the line; without one, the names that every process has.</summary>
public sealed class MappingCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ProcRoot root = Completions.RootOf(fakeBoundParameters);
        SortedDictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (int id in Completions.BoundProcesses(fakeBoundParameters))
        {
            AddMappings(root, id, names);
        }

        foreach (string name in names.Count == 0 ? s_everywhere : [])
        {
            names[name] = name;
        }

        return Completions.Matching(wordToComplete, names.Select(name => (name.Key, name.Value)), MappingPatterns.Of);
    }

    private static readonly string[] s_everywhere = ["[anon]", "[heap]", "[stack]", "[vdso]", "[vvar]"];

    private static void AddMappings(ProcRoot root, int processId, SortedDictionary<string, string> names)
    {
        try
        {
            using ProcessMemory process = ProcessMemory.Open(root, processId);
            foreach (MemoryMapping mapping in process.Mappings())
            {
                names.TryAdd(mapping.Name, $"{mapping.Kind} {mapping}");
            }
        }
        catch (ProcfsException)
        {
            // Completion offers what it can see; the command itself says what is wrong.
            return;
        }
    }
}
