using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PagemapTools.Completion;

/// <summary>Completes the ids of running processes; the tooltip is the name.</summary>
public sealed class ProcessIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Processes(Completions.RootOf(fakeBoundParameters))
            .Where(process => process.Id.ToString(CultureInfo.InvariantCulture).StartsWith(wordToComplete, StringComparison.Ordinal)
                || process.Name.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))
            .Select(process => new CompletionResult(
                process.Id.ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{process.Id} {process.Name}"),
                CompletionResultType.ParameterValue,
                process.Name));
}
