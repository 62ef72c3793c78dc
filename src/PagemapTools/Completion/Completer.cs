using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PagemapTools.Completion;

/// <summary>Offers the candidates that match the word at the cursor.</summary>
public abstract class Completer : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = wordToComplete.Trim('\'', '"');
        return GetCandidates(word, new BoundTargets(fakeBoundParameters))
            .Where(candidate => candidate.Text.Length > 0 && IsMatch(candidate, word))
            .Select(candidate => new CompletionResult(
                Quote(candidate.Argument ?? candidate.Text), candidate.Text, CompletionResultType.ParameterValue, candidate.ToolTip));
    }

    /// <summary>Gets what may be offered.</summary>
    private protected abstract IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets);

    /// <summary>Whether a candidate holds the word, in its text or as it is written on the line.</summary>
    private protected virtual bool IsMatch(Candidate candidate, string word) =>
        candidate.Text.Contains(word, StringComparison.OrdinalIgnoreCase)
        || candidate.Argument?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;

    // A leading dash would make it a parameter.
    private static string Quote(string text) =>
        text[0] != '-' && text.All(character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or '/' or ':')
            ? text
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    /// <summary>A value that may be offered.</summary>
    /// <param name="Text">What the list shows.</param>
    /// <param name="ToolTip">What explains it.</param>
    /// <param name="Argument">How it is written as an argument, where that is not its text.</param>
    private protected readonly record struct Candidate(string Text, string? ToolTip, string? Argument = null)
    {
        /// <summary>The explanation; never empty, which the engine refuses.</summary>
        public string ToolTip { get; } = string.IsNullOrEmpty(ToolTip) ? Text : ToolTip;
    }
}
