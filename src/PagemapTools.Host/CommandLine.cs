using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Host;

/// <summary>Where the script comes from.</summary>
internal enum ScriptSource
{
    Help,
    Arguments,
    StandardInput,
    File,
}

/// <summary>
/// The arguments, read as pwsh reads its own: options have one dash or two and any case, the words of a script are
/// joined by spaces, and everything after the path of <c>-File</c> belongs to that script.
/// </summary>
internal sealed record CommandLine(ScriptSource Source, string Text, IReadOnlyList<string> Arguments, string? Module)
{
    public static bool TryParse(
        IReadOnlyList<string> arguments,
        [NotNullWhen(true)] out CommandLine? commandLine,
        [NotNullWhen(false)] out string? complaint)
    {
        commandLine = null;
        complaint = null;
        string? module = null;

        for (int index = 0; index < arguments.Count; index++)
        {
            string argument = arguments[index];
            string[] rest = [.. arguments.Skip(index + 1)];
            switch (OptionName(argument))
            {
                case null:
                    commandLine = new(ScriptSource.Arguments, string.Join(' ', arguments.Skip(index)), [], module);
                    return true;

                case "" when argument is "-" && rest.Length is 0:
                    commandLine = new(ScriptSource.StandardInput, "", [], module);
                    return true;

                case "" when argument is "-":
                    complaint = "Nothing may follow '-': the script comes from standard input.";
                    return false;

                case "" or "c" or "command":
                    commandLine = new(ScriptSource.Arguments, string.Join(' ', rest), [], module);
                    return true;

                case "h" or "?" or "help":
                    commandLine = new(ScriptSource.Help, "", [], module);
                    return true;

                case "f" or "file" when rest.Length > 0:
                    commandLine = new(ScriptSource.File, rest[0], rest[1..], module);
                    return true;

                case "m" or "module" when rest.Length > 0:
                    module = rest[0];
                    index++;
                    break;

                case "f" or "file" or "m" or "module":
                    complaint = $"The option '{argument}' needs a path.";
                    return false;

                default:
                    complaint = $"Unknown option '{argument}'. A script that begins with a dash goes after -Command.";
                    return false;
            }
        }

        commandLine = new(ScriptSource.Help, "", [], module);
        return true;
    }

    private static string? OptionName(string argument) =>
        argument.StartsWith('-') ? argument[(argument.StartsWith("--", StringComparison.Ordinal) ? 2 : 1)..].ToLowerInvariant() : null;
}
