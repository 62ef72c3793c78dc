using System.Collections.Concurrent;
using System.Diagnostics;
using System.Xml.Linq;

namespace PagemapTools.Procfs.Tests.Live.Callers;

/// <summary>
/// Runs the explicit tests of one class once for each kind of process with fewer rights, and keeps what came of each. Two processes
/// stand by for them to try their hands on: one of another user, and one of the same user with more rights.
/// </summary>
public sealed class CallerFixture : IDisposable
{
    public const string Nobody = "nobody";
    public const string NobodyWithHiddenProcesses = "nobody-hidepid";
    public const string OtherUsersProcess = "PAGEMAPTOOLS_TESTS_OF_OTHER_USER";
    public const string PrivilegedProcess = "PAGEMAPTOOLS_TESTS_OF_MORE_RIGHTS";

    private readonly ConcurrentDictionary<string, Lazy<Dictionary<string, XElement>>> _results = new(StringComparer.Ordinal);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-views-");
    private readonly Process? _ofRoot;
    private readonly Process? _ofNobody;

    public CallerFixture()
    {
        const UnixFileMode All = (UnixFileMode)0x1ff;
        _directory.UnixFileMode = All;
        if (Rights.IsRoot)
        {
            _ofRoot = Process.Start(CreateSleep());
            _ofNobody = UnprivilegedRunner.StartAsNobody(CreateSleep());
        }
    }

    /// <summary>Passes, fails or skips as the view did.</summary>
    internal void Check(Type views, string view, string user, Func<ProcessStartInfo, Process> start)
    {
        Dictionary<string, XElement> results = _results.GetOrAdd(user, _ => new(() => Run(views, user, start))).Value;
        Assert.True(results.TryGetValue(view, out XElement? result), $"{view} was not run as {user}");
        string reason = result.Element("reason")?.Value ?? string.Empty;
        Assert.SkipWhen((string?)result.Attribute("result") == "Skip", reason);
        Assert.True((string?)result.Attribute("result") == "Pass", $"{result.Element("failure")?.Value}");
    }

    public void Dispose()
    {
        foreach (Process process in new[] { _ofRoot, _ofNobody }.OfType<Process>())
        {
            process.Kill();
            process.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    private static ProcessStartInfo CreateSleep() => new("sleep", ["3600"]) { UseShellExecute = false };

    private Dictionary<string, XElement> Run(Type views, string user, Func<ProcessStartInfo, Process> start)
    {
        string file = Path.Join(_directory.FullName, $"{user}.xml");
        ProcessStartInfo info = new(
            TargetProgram.Dotnet,
            [views.Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-class", views.FullName!, "-result-xml", file])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        info.Environment[OtherUsersProcess] = FormattableString.Invariant($"{(user is Nobody or NobodyWithHiddenProcesses ? _ofRoot : _ofNobody)?.Id}");
        info.Environment[PrivilegedProcess] = FormattableString.Invariant($"{_ofRoot?.Id}");
        using Process process = start(info);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(File.Exists(file), $"The tests ended with {process.ExitCode} as {user}:\n{output}");
        return XDocument.Load(file).Descendants("test").ToDictionary(test => (string)test.Attribute("method")!);
    }
}
