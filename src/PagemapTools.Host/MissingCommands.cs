using System.Text.RegularExpressions;

namespace PagemapTools.Host;

/// <summary>
/// Remembers which commands of the full PowerShell a script called in vain, to say why they are missing. Only what was
/// also reported as an error counts: a script may well catch it.
/// </summary>
internal sealed partial class MissingCommands
{
    private readonly HashSet<string> called = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> reported = new(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<string> Explanations => reported.Select(command =>
        $"'{command}' is part of the full PowerShell; this embedded engine has only the core commands. "
        + "Install PowerShell and use Import-Module ./PagemapTools.psd1 there.");

    public void Note(string command)
    {
        if (FullPowerShellCommands.Contains(command))
        {
            called.Add(command);
        }
    }

    public void Observe(string errorText)
    {
        // Started from a pwsh the engine finds that one's modules by PSModulePath, and cannot load them.
        if (FoundButNotLoaded().Match(errorText) is { Success: true } match)
        {
            Note(match.Groups["command"].Value);
        }

        foreach (string command in called.Where(command => errorText.Contains(command, StringComparison.OrdinalIgnoreCase)))
        {
            reported.Add(command);
        }
    }

    [GeneratedRegex(@"'(?<command>[\w-]+)' command was found in the module", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FoundButNotLoaded();
}
