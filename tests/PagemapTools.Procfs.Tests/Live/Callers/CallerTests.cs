using System.Diagnostics;

namespace PagemapTools.Procfs.Tests.Live.Callers;

/// <summary>
/// Runs the explicit tests of <see cref="CallerChecks"/> as callers with other privileges. Each method is a kind of caller and each of
/// its rows is a check. <see cref="CallerFixture"/> runs all checks of a caller in one subprocess and reports their results here.
/// </summary>
[Trait("Tier", "Privileged")]
public sealed class CallerTests(CallerFixture callers) : IClassFixture<CallerFixture>
{
    private const int DacOverride = 1;
    private const int DacReadSearch = 2;
    private const int SysPtrace = 19;
    private const int SysAdmin = 21;
    private const int PerformanceMonitor = 38;
    private const int CheckpointRestore = 40;

    private static readonly string[] s_capabilities =
    [
        "dac_read_search", "dac_override", "sys_ptrace", "sys_admin", "perfmon", "checkpoint_restore", "fowner",
        "sys_ptrace,dac_read_search", "perfmon,dac_read_search", "sys_ptrace,dac_override", "sys_admin,dac_override", "checkpoint_restore,fowner",
    ];

    /// <summary>Each set of capabilities with each check.</summary>
    public static TheoryData<string, string> GetCapabilityChecks()
    {
        TheoryData<string, string> rows = [];
        foreach (string capabilities in s_capabilities)
        {
            GetChecks().ToList().ForEach(check => rows.Add(capabilities, check.Data));
        }

        return rows;
    }

    public static TheoryData<string> GetChecks() => [.. typeof(CallerChecks).GetMethods()
        .Where(method => method.GetCustomAttributes(typeof(FactAttribute), inherit: false).Length > 0).Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(GetChecks))]
    public void NobodyPassesEachCheck(string check) => callers.Check(typeof(CallerChecks), check, CallerFixture.Nobody, start =>
    {
        if (!OwnCapabilities.IsRoot)
        {
            return Process.Start(start)!;
        }

        UseDirectoriesOfNobody(start);
        return UnprivilegedRunner.StartAsNobody(start);
    });

    /// <summary>A user with these capabilities and no other: each is enough for what the module says that it is for.</summary>
    [Theory]
    [MemberData(nameof(GetCapabilityChecks))]
    public void NobodyWithCapabilitiesPassesEachCheck(string capabilities, string check)
    {
        Require.InitialRoot();
        Require.Program("setpriv");
        string list = "-all" + string.Concat(capabilities.Split(',').Select(capability => $",+{capability}"));
        callers.Check(typeof(CallerChecks), check, $"{CallerFixture.Nobody}+{capabilities}", start =>
        {
            UseDirectoriesOfNobody(start);
            return Process.Start(AddPrefix(start, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", $"--inh-caps={list}", $"--ambient-caps={list}", "--"))!;
        });
    }

    /// <summary>hidepid=1 lists processes of other users but does not open their files (an option of each mount since Linux 5.8).</summary>
    [Theory]
    [MemberData(nameof(GetChecks))]
    public void NobodyUnderHidepidPassesEachCheck(string check)
    {
        Require.InitialRoot();
        Require.That(File.Exists("/usr/bin/setpriv") && File.Exists("/usr/bin/unshare"), "unshare", "setpriv or unshare is absent");
        callers.Check(typeof(CallerChecks), check, CallerFixture.NobodyUnderHidepid, start =>
        {
            UseDirectoriesOfNobody(start);
            const string Script = "mount -t proc -o hidepid=1 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups -- \"$0\" \"$@\"";
            return Process.Start(AddPrefix(start, "unshare", "--mount", "sh", "-c", Script))!;
        });
    }

    [Theory]
    [MemberData(nameof(GetChecks))]
    public void RootWithoutSysAdminPassesEachCheck(string check) => CheckWithoutCapabilities(check, "no-sys-admin", SysAdmin);

    [Theory]
    [MemberData(nameof(GetChecks))]
    public void RootWithoutSysPtracePassesEachCheck(string check) => CheckWithoutCapabilities(check, "no-sys-ptrace", SysPtrace, SysAdmin, PerformanceMonitor);

    /// <summary>Since Linux 6.15, CAP_PERFMON suffices to read the memory of other users (kernel/fork.c, may_access_mm).</summary>
    [Theory]
    [MemberData(nameof(GetChecks))]
    public void RootWithPerfmonPassesEachCheck(string check) => CheckWithoutCapabilities(check, "perfmon", SysPtrace, SysAdmin);

    [Theory]
    [MemberData(nameof(GetChecks))]
    public void RootWithoutFileCapabilitiesPassesEachCheck(string check) =>
        CheckWithoutCapabilities(check, "no-dac", DacOverride, DacReadSearch, CheckpointRestore);

    [Theory]
    [MemberData(nameof(GetChecks))]
    public void RootOfAUserNamespacePassesEachCheck(string check)
    {
        Require.UserNamespaces();
        callers.Check(typeof(CallerChecks), check, "namespace", start => Process.Start(AddPrefix(start, "unshare", "--user", "--map-root-user"))!);
    }

    /// <summary>The uid_map of this namespace reads like that of the initial namespace.</summary>
    [Theory]
    [MemberData(nameof(GetChecks))]
    public void RootOfAnIdentityMappedNamespacePassesEachCheck(string check)
    {
        Require.InitialRoot();
        Require.That(File.Exists("/usr/bin/unshare"), "unshare", "unshare is absent");
        Require.UserNamespaces();
        callers.Check(typeof(CallerChecks), check, "namespace-of-all", start =>
        {
            const string Script = "until grep -q . /proc/self/uid_map && grep -q . /proc/self/gid_map; do sleep 0.05; done; exec \"$0\" \"$@\"";
            Process process = Process.Start(AddPrefix(start, "unshare", "--user", "sh", "-c", Script))!;
            string initial = new FileInfo("/proc/self/ns/user").LinkTarget!;
            string own = FormattableString.Invariant($"/proc/{process.Id}");
            Assert.True(SpinWait.SpinUntil(() => new FileInfo($"{own}/ns/user").LinkTarget != initial, TimeSpan.FromSeconds(30)));
            File.WriteAllText($"{own}/uid_map", "0 0 4294967295\n");
            File.WriteAllText($"{own}/gid_map", "0 0 4294967295\n");
            return process;
        });
    }

    private static void UseDirectoriesOfNobody(ProcessStartInfo start)
    {
        start.Environment["TMPDIR"] = "/tmp";
        start.Environment["PAGEMAPTOOLS_TEST_DIR"] = "/tmp";
        start.Environment["HOME"] = "/tmp";
    }

    /// <summary>Makes another program start the same program.</summary>
    private static ProcessStartInfo AddPrefix(ProcessStartInfo start, string program, params IEnumerable<string> arguments)
    {
        string[] all = [.. arguments, start.FileName, .. start.ArgumentList];
        start.FileName = program;
        start.ArgumentList.Clear();
        Array.ForEach(all, start.ArgumentList.Add);
        return start;
    }

    private void CheckWithoutCapabilities(string check, string caller, params int[] capabilities)
    {
        Require.InitialRoot();
        callers.Check(typeof(CallerChecks), check, caller, start => UnprivilegedRunner.StartWithout(start, capabilities));
    }
}
