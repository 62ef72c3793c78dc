using System.Management.Automation;
using System.Management.Automation.Host;

namespace PagemapTools.Pictures;

/// <summary>The size of a picture, and what the place where it goes can show.</summary>
/// <param name="Width">The characters of a line.</param>
/// <param name="Height">The lines.</param>
/// <param name="HasUnicode">Whether characters beyond ASCII are shown.</param>
/// <param name="IsTerminal">Whether nothing but the user's redirection (>) is between the cmdlet and a terminal.</param>
/// <param name="IsPlainText">Whether text has no colours.</param>
internal sealed record Canvas(int Width, int Height, bool HasUnicode, bool IsTerminal, bool IsPlainText)
{
    // Without a window, as in a job or a remote session.
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 40;

    // The engine breaks a line that is as long as the window, and writes a line before and after the objects; then follows the prompt.
    private const int EngineLines = 3;

    /// <summary>Finds out what the output of a cmdlet can show.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="width">The width that the user chose; 0 for that of the window.</param>
    /// <param name="height">The height that the user chose; 0 for that of the window.</param>
    public static Canvas Detect(PSCmdlet cmdlet, int width, int height)
    {
        Size window = GetWindow(cmdlet.Host);
        bool isRedirected = cmdlet.Host.Name == "ConsoleHost" && Console.IsOutputRedirected;
        bool isTerminal = cmdlet.Host.UI?.SupportsVirtualTerminal == true && !isRedirected && cmdlet.MyInvocation.PipelinePosition == cmdlet.MyInvocation.PipelineLength;
        bool isPlainText = GetOutputRendering(cmdlet) is var rendering && (rendering == "PlainText" || (rendering != "Ansi" && !isTerminal));
        return new Canvas(width > 0 ? width : window.Width - 1, height > 0 ? height : window.Height - EngineLines, HasUnicodeLocale(), isTerminal, isPlainText);
    }

    private static Size GetWindow(PSHost host)
    {
        try
        {
            return host.UI?.RawUI.WindowSize is { Width: > 0, Height: > 0 } window ? window : new Size(DefaultWidth, DefaultHeight);
        }
        catch (Exception unknown) when (unknown is HostException or NotImplementedException or IOException)
        {
            return new Size(DefaultWidth, DefaultHeight);
        }
    }

    private static string? GetOutputRendering(PSCmdlet cmdlet) =>
        cmdlet.SessionState.PSVariable.GetValue("PSStyle") is { } style ? PSObject.AsPSObject(style).Properties["OutputRendering"]?.Value?.ToString() : null;

    // .NET takes a locale without a character set, such as C, for UTF-8.
    private static bool HasUnicodeLocale()
    {
        string[] variables = ["LC_ALL", "LC_CTYPE", "LANG"];
        string locale = variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value)) ?? string.Empty;
        return locale.Replace("-", string.Empty, StringComparison.Ordinal).Contains("utf8", StringComparison.OrdinalIgnoreCase);
    }
}
