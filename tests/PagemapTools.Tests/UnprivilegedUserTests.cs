namespace PagemapTools.Tests;

/// <summary>Runs the cmdlets in an engine of a user without capabilities.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class UnprivilegedUserTests
{
    // Prints errors and warnings, one a line, because another process runs the script and the test reads only its output.
    private const string Report = """
        ; foreach ($x in $e) { "error|$($x.FullyQualifiedErrorId.Split(',')[0])|$($x.CategoryInfo.Category)|$($x.TargetObject)|$($x.Exception.Message)" }
        foreach ($x in $w) { "warning|$x" }
        """;

    private const string Quietly = "-ErrorVariable e -ErrorAction SilentlyContinue -WarningVariable w -WarningAction SilentlyContinue";

    [Fact]
    public void RefusedProcessDoesNotStopTheNext()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        using TargetProcess other = TargetProcess.StartInKnownMemory("anon");

        string[] cmdlets = ["Get-ProcessPageMap", "Measure-ProcessUss", "Measure-ProcessUss -ByMapping"];

        HostRun run = HostProgram.RunScript(
            string.Join('\n', cmdlets.Select(cmdlet => $"\"served|$(@({cmdlet} -Id {other.ProcessId}, $PID {Quietly}).Count -gt 0)\" {Report}")), Machine.Nobody);

        Assert.Equal("", run.Error);
        Assert.Equal(cmdlets.Length, run.Lines.Count(line => line == "served|True"));
        string[] errors = [.. run.Lines.Where(line => line.StartsWith("error|", StringComparison.Ordinal))];
        Assert.Equal(cmdlets.Length, errors.Length);
        Assert.All(errors, error =>
        {
            Assert.StartsWith($"error|PagemapAccessDenied|PermissionDenied|{other.ProcessId}|", error);
            Assert.Contains("CAP_SYS_PTRACE", error);
        });
    }

    [Fact]
    public void GroupsNeedPageFrameNumbers()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        const string Catch = "catch { \"$($_.FullyQualifiedErrorId.Split(',')[0])|$($_.Exception.Message)\" }";

        HostRun run = HostProgram.RunScript($"try {{ Measure-ProcessUss -Id $PID -Together }} {Catch}\ntry {{ Measure-ProcessUss -GroupBy User }} {Catch}", Machine.Nobody);

        Assert.Equal(2, run.Lines.Length);
        Assert.All(run.Lines, line => Assert.StartsWith("KPageAccessDenied|", line));
        Assert.All(run.Lines, line => Assert.Contains("CAP_SYS_ADMIN", line));
    }

    [Fact]
    public void KpageFilesGiveAccessDenied()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        (string Command, string File)[] readers =
        [
            ("Get-KPageFlags -Pfn 1", "kpageflags"),
            ("1 | Get-KPageCount", "kpagecount"),
            ("Get-KPageCgroup", "kpagecgroup"),
            ("Measure-KPageFlags", "kpageflags"),
            ("Measure-KPageFlags -ByKind", "kpageflags"),
            ("Measure-KPageCgroup", "kpageflags"),
            ("Measure-ProcessUss -Id $PID -Method MapCount", "kpagecount"),
            ("Get-ProcessPageMap -Id $PID -Include Flags", "kpageflags"),
        ];
        string script = string.Join('\n', readers.Select(reader =>
            $"try {{ {reader.Command} }} catch {{ \"$($_.FullyQualifiedErrorId.Split(',')[0])|$($_.CategoryInfo.Category)|$($_.TargetObject)|$($_.Exception.Message)\" }}"));

        HostRun run = HostProgram.RunScript(script, Machine.Nobody);

        Assert.Equal(readers.Length, run.Lines.Length);
        foreach (((string command, string file), string line) in readers.Zip(run.Lines))
        {
            Assert.True(line.StartsWith($"KPageAccessDenied|PermissionDenied|/proc/{file}|", StringComparison.Ordinal), $"{command}: {line}");
            Assert.Contains("CAP_DAC_READ_SEARCH", line);
        }
    }

    [Theory]
    [InlineData("Get-KPageMapping 1")]
    [InlineData("1, 2 | Get-KPageMapping")]
    [InlineData("Get-KPageMapping -PhysicalAddress 0x1000")]
    [InlineData("Get-FilePageMap $PSHOME/System.Management.Automation.dll")]
    [InlineData("Get-KPageMapping -Path /proc/version, $PSHOME/System.Management.Automation.dll")]
    public void SearchByFrameNamesTheCapability(string command)
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);

        HostRun run = HostProgram.RunScript($"try {{ {command} }} catch {{ \"$($_.FullyQualifiedErrorId.Split(',')[0])|$($_.CategoryInfo.Category)|$($_.Exception.Message)\" }}", Machine.Nobody);

        string line = Assert.Single(run.Lines);
        Assert.StartsWith("PageFramesHidden|PermissionDenied|", line);
        Assert.Contains("CAP_SYS_ADMIN in the initial user namespace", line);
    }

    [Fact]
    public void AFileThatMayNotBeReadDoesNotStopTheNext()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        string tree = Directory.CreateTempSubdirectory("pagemaptools-files-").FullName;
        try
        {
            File.SetUnixFileMode(tree, (UnixFileMode)0b101_101_101);
            Directory.CreateDirectory($"{tree}/closed", UnixFileMode.UserRead);
            File.WriteAllText($"{tree}/secret", "x");
            File.SetUnixFileMode($"{tree}/secret", UnixFileMode.UserRead);
            File.WriteAllText($"{tree}/empty", string.Empty);

            HostRun run = HostProgram.RunScript($"\"names|$((Measure-FileCache {tree} -Recurse {Quietly}).Path)\" {Report}", Machine.Nobody);

            Assert.Equal($"names|{tree}/empty", run.Lines[0]);
            Assert.Equal([$"{tree}/closed", $"{tree}/secret"], run.Lines[1..].Select(line => line.Split('|')[3]).Order(StringComparer.Ordinal));
            Assert.All(run.Lines[1..], line => Assert.StartsWith("error|FileAccessDenied|PermissionDenied|", line));
        }
        finally
        {
            Directory.Delete(tree, recursive: true);
        }
    }

    [Fact]
    public void OpenFilesOfOtherUsersAreOneWarning()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);

        HostRun run = HostProgram.RunScript($"\"files|$(@(Measure-FileCache -OpenFiles {Quietly}).Count -gt 0)\" {Report}", Machine.Nobody);

        Assert.Equal("files|True", run.Lines[0]);
        Assert.StartsWith("warning|Not visible to this user", Assert.Single(run.Lines[1..]));
    }

    [Fact]
    public void HiddenFramesAreNullAndGiveOneWarningPerInvocation()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);

        HostRun run = HostProgram.RunScript(
            $$"""
            $pages = @(Get-ProcessPageMap -Id $PID, $PID, $PID {{Quietly}})
            "pages|$($pages.Count -gt 0)"
            "pfn|$(@($pages | Where-Object { $null -ne $_.Pfn }).Count)"
            "exclusive|$(@($pages | Where-Object IsExclusive).Count -gt 0)"
            "states|$(@($pages | Where-Object { $_.State -ne 'Present' -and $_.State -ne 'Hidden' }).Count)"
            {{Report[2..]}}
            """,
            Machine.Nobody);

        Assert.Equal(["pages|True", "pfn|0", "exclusive|True", "states|0"], run.Lines[..4]);
        string warning = Assert.Single(run.Lines[4..]);
        Assert.StartsWith("warning|", warning);
        Assert.Contains("CAP_SYS_ADMIN", warning);
    }

    [Fact]
    public void UssOfOwnProcessNeedsNoCapability()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        using TargetProcess own = TargetProcess.StartAs(Machine.Nobody, "dense", "size=64MiB").Stop();

        // Compares only the process's own region: the USS of shared libraries changes when the host maps the same .NET libraries.
        HostRun run = HostProgram.RunScript(
            $"Measure-ProcessUss -Id {own.ProcessId} -ByMapping | Where-Object {{ $_.Mapping.Start -eq {own.Region.Start} }} | ForEach-Object Uss; (Measure-ProcessUss -Id {own.ProcessId}).Uss -gt 64MB",
            Machine.Nobody);
        Smaps kernel = Smaps.ReadMappings(own.ProcessId).Single(mapping => mapping.Start == own.Region.Start);
        Assert.Equal([kernel.Uss.ToString(), "True"], run.Lines);
    }

    [Fact]
    public void AllFiguresOfOwnProcessNeedNoCapability()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        using TargetProcess own = TargetProcess.StartAs(Machine.Nobody, "dense", "size=64MiB").Stop();
        HostRun run = HostProgram.RunScript(
            $"Measure-ProcessUss {own.ProcessId} | ForEach-Object {{ \"$($_.Method) $($_.User) $($_.Swap) $($_.SwapPss) $($_.Anonymous) $($_.Pss -gt 64MB)\" }}", Machine.Nobody);
        Smaps kernel = Smaps.ReadRollup(own.ProcessId);
        Assert.Equal([$"Rollup {Machine.Nobody} {kernel["Swap"]} {kernel["SwapPss"]} {kernel["Anonymous"]} True"], run.Lines);
    }

    [Fact]
    public void AWarningSaysHowManyProcessesAreLeftOut()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        HostRun run = HostProgram.RunScript("Measure-ProcessUss -WarningVariable w -WarningAction SilentlyContinue | Out-Null; $w | ForEach-Object { \"$_\" }", Machine.Nobody);
        Assert.Single(run.Lines, line => System.Text.RegularExpressions.Regex.IsMatch(line, "^[1-9][0-9]* processe?s? .*left out.*CAP_SYS_PTRACE", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void MeasureUssOfAllReturnsOnlyReadableProcesses()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);
        using TargetProcess own = TargetProcess.StartAs(Machine.Nobody, "anon");

        HostRun run = HostProgram.RunScript("Measure-ProcessUss -WarningAction Ignore | ForEach-Object { \"$($_.ProcessId) $($null -ne $_.Uss)\" }", Machine.Nobody);

        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Status);
        Assert.Contains($"{own.ProcessId} True", run.Lines);
        Assert.DoesNotContain(run.Lines, line => line.StartsWith($"{Environment.ProcessId} ", StringComparison.Ordinal));
    }

    [Fact]
    public void SupportTestNamesMissingCapabilities()
    {
        Require.Nobody(BuiltFiles.Host, BuiltFiles.Module);

        HostRun run = HostProgram.RunScript("Test-PagemapSupport | ForEach-Object { \"$($_.Feature)|$($_.IsSupported)|$($_.Detail)\" }", Machine.Nobody);

        AssertMissing("FrameNumbers", "CAP_SYS_ADMIN");
        AssertMissing("OtherProcesses", "CAP_SYS_PTRACE");
        AssertMissing("KPageFlags", "CAP_DAC_READ_SEARCH");
        AssertMissing("SharedMemory", "CAP_CHECKPOINT_RESTORE");
        Assert.StartsWith("Pagemap|True|", run.Lines[0]);

        void AssertMissing(string feature, string capability)
        {
            string line = Assert.Single(run.Lines, line => line.StartsWith(feature + "|", StringComparison.Ordinal));
            Assert.StartsWith($"{feature}|False|", line);
            Assert.Contains(capability, line);
        }
    }
}
