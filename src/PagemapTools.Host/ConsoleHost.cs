using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;

namespace PagemapTools.Host;

/// <summary>What the engine asks of the program that hosts it, beyond input and output.</summary>
internal sealed class ConsoleHost(ConsoleStreams streams, ConsoleUserInterface userInterface) : PSHost
{
    /// <summary>What the script gave to <c>exit</c>, if it did.</summary>
    public int? ExitStatus { get; private set; }

    public override string Name => "PagemapTools.Host";

    public override Version Version { get; } = Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => userInterface;

    public override void SetShouldExit(int exitCode) => ExitStatus = exitCode;

    /// <summary>A child process writes to the same descriptors: what was written before it has to be out.</summary>
    public override void NotifyBeginApplication() => streams.Flush();

    public override void NotifyEndApplication()
    {
    }

    public override void EnterNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");

    public override void ExitNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");
}
