using System.Management.Automation;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace PagemapTools.Tests;

/// <summary>Export-PageSnapshot: what it writes, what it asks, and what it loads.</summary>
[Trait("Tier", "Unit")]
public sealed class SnapshotTests : IDisposable
{
    private const ulong Start = 0x10000;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-snapshot-");
    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public SnapshotTests()
    {
        _tree.WriteEntries("kpageflags", 0, 1UL << 10).WriteEntries("kpagecgroup", 0, 0);
        _tree.AddProcess(7, Start, PagemapBits.PresentAt(1)).WriteText("7/comm", "good\n");
        _tree.AddProcess(8, Start, PagemapBits.PresentAt(2)).WriteText("8/comm", "good\n");
        _session["export"] = new Dictionary<string, object> { ["Path"] = Path.Join(_directory.FullName, "snapshots"), ["ProcPath"] = _tree.Path, ["AllowSavedTree"] = true };
    }

    private string[] Files => [.. _directory.GetFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Select(file => Path.GetRelativePath(_directory.FullName, file.FullName)).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void NothingIsReturnedUnlessPassThruAsksForTheFiles()
    {
        Assert.Empty(_session.GetObjects("Export-PageSnapshot @export -Include Frames, Pages"));
        Assert.Equal(
            ["frames", "pages", "snapshots"],
            _session.GetObjects("(Export-PageSnapshot @export -Include Frames, Pages -PassThru).FullName").Select(path => path.ToString().Split('/')[^4]));
        Assert.Equal(6, Files.Length);
    }

    [Fact]
    public void WhatIfWritesNothing()
    {
        Assert.Empty(_session.GetObjects("Export-PageSnapshot @export -WhatIf"));
        Assert.Empty(_directory.GetFileSystemInfos());
    }

    [Fact]
    public void AProcessThatIsMissingIsAnErrorAndTheOthersAreWritten()
    {
        Outcome outcome = _session.Run("7, 99 | Export-PageSnapshot @export -Include Pages, Mappings");

        Assert.Null(outcome.Termination);
        Assert.Equal(["NoProcessFoundForGivenId 99"], outcome.Errors.Select(error => $"{error.GetErrorId()} {error.TargetObject}"));
        Assert.Equal(3, Files.Length);
    }

    [Fact]
    public void ANameThatNobodyHasLeavesNoSnapshot()
    {
        Outcome outcome = _session.Run("Export-PageSnapshot @export -Name nobody");

        Assert.Equal("NoProcessFoundForGivenName", Assert.Single(outcome.Errors).GetErrorId());
        Assert.Empty(Files);
    }

    [Fact]
    public void AnEmptyPipelineWritesNoSnapshot()
    {
        Outcome outcome = _session.Run("Get-Process nobody -ErrorAction Ignore | Export-PageSnapshot @export");

        Assert.Null(outcome.Termination);
        Assert.Empty(outcome.Errors);
        Assert.Empty(_directory.GetFileSystemInfos());
    }

    [Fact]
    public void ADirectoryThatCannotBeMadeIsTheErrorOfTheCommand()
    {
        File.WriteAllText(Path.Join(_directory.FullName, "snapshots"), "a file");

        ErrorRecord error = _session.GetTermination("Export-PageSnapshot @export -Include Frames");

        Assert.Equal("FileNotWritten", error.GetErrorId());
        Assert.Equal(["snapshots"], Files);
    }

    /// <summary>The session has another assembly of this name. The cmdlet takes its own, and the session keeps the other one.</summary>
    [Fact]
    public void AnotherParquetInTheSessionIsNoMatter()
    {
        string other = Path.Join(_directory.FullName, "Parquet.dll");
        PersistedAssemblyBuilder builder = new(new AssemblyName("Parquet") { Version = new Version(99, 0) }, typeof(object).Assembly);
        builder.DefineDynamicModule("Parquet").DefineType("Parquet.ParquetWriter", TypeAttributes.Public).CreateType();
        builder.Save(other);
        Assembly before = AssemblyLoadContext.Default.LoadFromAssemblyPath(other);

        _session.GetObjects("Export-PageSnapshot @export -Include Frames");

        Assembly[] loaded = [.. AppDomain.CurrentDomain.GetAssemblies().Where(assembly => assembly.GetName().Name == "Parquet")];
        Assert.Same(before, Assert.Single(loaded, assembly => AssemblyLoadContext.GetLoadContext(assembly) == AssemblyLoadContext.Default));
        Assert.Equal("PagemapTools.Parquet", AssemblyLoadContext.GetLoadContext(Assert.Single(loaded, assembly => assembly != before))!.Name);
        Assert.Equal(3, Files.Length);
    }
}
