using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;

namespace PagemapTools.Completion;

/// <summary>Offers the candidates that match the word at the cursor.</summary>
public abstract class Completer : IArgumentCompleter
{
    // Within double quotes PowerShell reads typographic double quotes as quotes, too.
    private const string EscapedInDoubleQuotes = "`$\"\u201c\u201d\u201e";

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = wordToComplete.Trim('\'', '"');
        return GetCandidates(word, new BoundTargets(fakeBoundParameters))
            .Where(candidate => candidate.Text.Length > 0 && IsMatch(candidate, word))
            .Select(candidate => new CompletionResult(
                Quote(candidate.Argument ?? candidate.Text),
                VisibleText.Escape(candidate.Text),
                CompletionResultType.ParameterValue,
                VisibleText.Escape(candidate.ToolTip)));
    }

    /// <summary>Gets the candidates.</summary>
    private protected abstract IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets);

    /// <summary>Whether the text or the argument of a candidate, raw or escaped, contains the word.</summary>
    private protected virtual bool IsMatch(Candidate candidate, string word)
    {
        string argument = candidate.Argument ?? candidate.Text;
        return ((string[])[candidate.Text, VisibleText.Escape(candidate.Text), argument, Quote(argument)])
            .Any(text => text.Contains(word, StringComparison.OrdinalIgnoreCase));
    }

    private static string Quote(string text)
    {
        if (!text.EnumerateRunes().All(VisibleText.IsVisible))
        {
            return $"\"{string.Concat(text.EnumerateRunes().Select(EscapeInDoubleQuotes))}\"";
        }

        // A leading dash would make it a parameter.
        return text[0] != '-' && text.All(character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or '/' or ':')
            ? text
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
    }

    private static string EscapeInDoubleQuotes(Rune character) =>
        !VisibleText.IsVisible(character) ? $"`u{{{character.Value:x}}}"
        : character.IsBmp && EscapedInDoubleQuotes.Contains((char)character.Value, StringComparison.Ordinal) ? $"`{character}"
        : character.ToString();

    /// <summary>A value that can be completed.</summary>
    /// <param name="Text">The text in the list.</param>
    /// <param name="ToolTip">The explanation.</param>
    /// <param name="Argument">The argument, if it is not the text.</param>
    private protected readonly record struct Candidate(string Text, string? ToolTip, string? Argument = null)
    {
        /// <summary>The explanation; never empty, because the engine throws on an empty tooltip.</summary>
        public string ToolTip { get; } = string.IsNullOrEmpty(ToolTip) ? Text : ToolTip;
    }
}
