using System.Collections.Concurrent;
using System.Diagnostics;
using System.Xml.Linq;

namespace PagemapTools.Procfs.Tests.Live.Callers;

/// <summary>
/// Starts this test program again as each kind of caller, with the explicit tests of one class, and reads their results. Two standby
/// processes serve the tests as targets: one of another user and one with more privileges.
/// </summary>
public sealed class CallerFixture : IDisposable
{
    public const string Nobody = "nobody";
    public const string NobodyUnderHidepid = "nobody-hidepid";
    public const string OtherUsersProcess = "PAGEMAPTOOLS_TEST_OTHER_USERS_PROCESS";
    public const string PrivilegedProcess = "PAGEMAPTOOLS_TEST_PRIVILEGED_PROCESS";

    private readonly ConcurrentDictionary<string, Lazy<Dictionary<string, XElement>>> _results = new(StringComparer.Ordinal);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-callers-");
    private readonly Process? _rootProcess;
    private readonly Process? _nobodyProcess;

    public CallerFixture()
    {
        const UnixFileMode All = (UnixFileMode)0x1ff;
        _directory.UnixFileMode = All;
        if (OwnCapabilities.IsRoot)
        {
            _rootProcess = Process.Start(CreateSleep());
            _nobodyProcess = UnprivilegedRunner.StartAsNobody(CreateSleep());
        }
    }

    /// <summary>Passes, fails or skips like the check in the subprocess of this caller.</summary>
    internal void Check(Type checks, string check, string caller, Func<ProcessStartInfo, Process> start)
    {
        if (OwnCapabilities.IsRoot && caller.StartsWith(Nobody, StringComparison.Ordinal))
        {
            Require.Nobody(checks.Assembly.Location);
        }

        Dictionary<string, XElement> results = _results.GetOrAdd(caller, _ => new(() => Run(checks, caller, start))).Value;
        Assert.True(results.TryGetValue(check, out XElement? result), $"{check} did not run as {caller}");
        string reason = result.Element("reason")?.Value ?? string.Empty;
        Assert.SkipWhen((string?)result.Attribute("result") == "Skip", reason);
        Assert.True((string?)result.Attribute("result") == "Pass", $"{result.Element("failure")?.Value}");
    }

    public void Dispose()
    {
        foreach (Process process in new[] { _rootProcess, _nobodyProcess }.OfType<Process>())
        {
            process.Kill();
            process.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    private static ProcessStartInfo CreateSleep() => new("sleep", ["3600"]) { UseShellExecute = false };

    private Dictionary<string, XElement> Run(Type checks, string caller, Func<ProcessStartInfo, Process> start)
    {
        string file = Path.Join(_directory.FullName, $"{caller}.xml");
        ProcessStartInfo info = new(
            TargetProgram.Dotnet,
            [checks.Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-class", checks.FullName!, "-result-xml", file])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        info.Environment[OtherUsersProcess] = FormattableString.Invariant($"{(caller.StartsWith(Nobody, StringComparison.Ordinal) ? _rootProcess : _nobodyProcess)?.Id}");
        info.Environment[PrivilegedProcess] = FormattableString.Invariant($"{_rootProcess?.Id}");
        using Process process = start(info);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(File.Exists(file), $"The tests ended with {process.ExitCode} as {caller}:\n{output}");
        return XDocument.Load(file).Descendants("test").ToDictionary(test => (string)test.Attribute("method")!);
    }
}
