using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PagemapTools.Completion;

/// <summary>Completes the names of running processes; the tooltip is their ids.</summary>
public sealed class ProcessNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Matching(
            wordToComplete,
            Completions.Processes(Completions.RootOf(fakeBoundParameters))
                .GroupBy(process => process.Name, process => process.Id, StringComparer.Ordinal)
                .OrderBy(name => name.Key, StringComparer.OrdinalIgnoreCase)
                .Select(name => (name.Key, string.Join(", ", name))),
            Wildcards.Escape);
}
