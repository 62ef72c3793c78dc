using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PagemapTools.Host;

/// <summary>
/// Writes results to standard output and everything that is about them to standard error, so that a shell can redirect
/// the one and still see the other.
/// </summary>
internal sealed class ConsoleUserInterface : PSHostUserInterface
{
    private readonly ConsoleStreams streams;
    private readonly ConsoleInput input;
    private readonly MissingCommands missingCommands;
    private readonly ProgressDisplay progress;

    public ConsoleUserInterface(ConsoleStreams streams, ConsoleInput input, MissingCommands missingCommands)
    {
        this.streams = streams;
        this.input = input;
        this.missingCommands = missingCommands;
        RawUI = new ConsoleRawUserInterface(streams);
        SupportsVirtualTerminal = Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "" or null);
        progress = new ProgressDisplay(streams, RawUI, isShown: streams.ErrorIsTerminal && SupportsVirtualTerminal);
        if (Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 })
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }
    }

    public override PSHostRawUserInterface RawUI { get; }

    public override bool SupportsVirtualTerminal { get; }

    /// <summary>Whether the script has written an error that nobody caught or redirected.</summary>
    public bool HasWrittenError { get; private set; }

    /// <summary>Whether what is formatted now is the error that ended the script.</summary>
    public bool ResultsAreErrors { get; set; }

    public override void Write(string value) => streams.Write(Render(value, streams.OutputIsTerminal));

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value)
    {
        if (ResultsAreErrors)
        {
            WriteErrorLine(value);
        }
        else
        {
            streams.WriteLine(Render(value, streams.OutputIsTerminal));
        }
    }

    public override void WriteErrorLine(string value)
    {
        HasWrittenError = true;
        missingCommands.Observe(value);
        streams.WriteErrorLine(Render(value, streams.ErrorIsTerminal));
    }

    public override void WriteWarningLine(string message) => WriteMessage(FormatStyle.Warning, "WARNING", message);

    public override void WriteVerboseLine(string message) => WriteMessage(FormatStyle.Verbose, "VERBOSE", message);

    public override void WriteDebugLine(string message) => WriteMessage(FormatStyle.Debug, "DEBUG", message);

    public override void WriteProgress(long sourceId, ProgressRecord record) => progress.Update(record);

    public override string ReadLine() => input.ReadLine() ?? "";

    public override SecureString ReadLineAsSecureString() => throw new NotSupportedException("This host does not read secrets.");

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        new FieldPrompt(streams, input).Ask(caption, message, descriptions);

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        new ChoicePrompt(streams, input).Ask(caption, message, choices, defaultChoice);

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw new NotSupportedException("This host does not ask for credentials.");

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) =>
        PromptForCredential(caption, message, userName, targetName);

    private void WriteMessage(FormatStyle style, string kind, string message)
    {
        string styled = $"{GetFormatStyleString(style)}{kind}: {message}{GetFormatStyleString(FormatStyle.Reset)}";
        streams.WriteErrorLine(Render(styled, streams.ErrorIsTerminal));
    }

    /// <summary>Takes the colour out where no terminal would show it, unless the script insists with $PSStyle.</summary>
    private string Render(string text, bool isTerminal) => GetOutputString(
        text,
        PSStyle.Instance.OutputRendering is OutputRendering.Ansi || (isTerminal && SupportsVirtualTerminal));
}
