using System.Globalization;
using System.Management.Automation;
using System.Runtime.InteropServices;

namespace PagemapTools.Tests;

/// <summary>Compares Measure-KPageFlags with the kernel's page-types tool on the same words.</summary>
[Trait("Tier", "Privileged")]
public sealed class FlagSummaryTests : IDisposable
{
    private const ulong Slab = 1 << 7;
    private const ulong AnonAndKsm = (1 << 12) | (1 << 21);

    private static readonly (string Ours, string Theirs)[] s_spellings = [("anon", "anonymous"), ("idle", "idle_page"), ("owner_2", "mappedtodisk")];

    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public FlagSummaryTests() => _session["saved"] = _tree.GetPath("saved");

    public static TheoryData<string> Specifications => new(
        "",
        "anonymous",
        "lru",
        "lru,dirty",
        "lru,dirty=lru",
        "lru,~dirty",
        "lru,active,~slab",
        "=lru",
        "slab",
        "slab,~error",
        "huge,compound_head",
        "thp,~compound_tail",
        "reclaim,writeback=reclaim",
        "readahead",
        "slub_frozen,slab=slab",
        "0x21",
        "uptodate,0x8=uptodate");

    [Theory]
    [MemberData(nameof(Specifications))]
    public void SummaryOfRandomWordsEqualsPageTypes(string specification)
    {
        Require.PageTypes();

        // Of the flags that page-types has a name for, words have a half, a quarter or one in 32.
        const ulong Known = 0x3ff_07ff_ffffUL;
        Random random = new(specification.Length);
        Save([.. Enumerable.Range(0, 5_000).Select(word => Known & Next() & (word % 3 > 0 ? Next() : ~0UL) & (word % 3 > 1 ? Next() & Next() & Next() : ~0UL))]);

        AssertSame(specification, raw: false);
        AssertSame(specification, raw: true);

        ulong Next() => (ulong)random.NextInt64() << 1 ^ (ulong)random.NextInt64();
    }

    [Fact]
    public void SummaryOfSavedKpageflagsEqualsPageTypes()
    {
        Require.Root();
        Require.PageTypes();
        Save(MemoryMarshal.Cast<byte, ulong>(ReadFile("/proc/kpageflags")));

        AssertSame("", raw: false);
        AssertSame("", raw: true);
        AssertSame("lru,~anonymous", raw: true);
    }

    [Fact]
    public void SummaryOfProcessPagesEqualsPageTypes()
    {
        Require.Root();
        Require.PageTypes();
        using TargetProcess target = TargetProcess.StartInKnownMemory("thp").Stop();
        TargetRegion region = target["whole"];
        _session["id"] = target.ProcessId;
        _session["range"] = region.RangeText;
        string pages = $"{region.Start / Machine.PageSize}+{region.PageCount}";

        foreach (string raw in (string[])["", "-Raw"])
        {
            string[] options = ["-p", target.ProcessId.ToString(CultureInfo.InvariantCulture), "-a", pages, .. raw.Length > 0 ? ["-r"] : Array.Empty<string>()];
            Stable.Until(
                () => string.Join('\n', RunPageTypes(options)),
                expected =>
                {
                    Assert.Equal(expected, Text($"Get-ProcessPageMap -Id $id -Address $range | Measure-KPageFlags {raw}"));
                    Assert.Equal(expected, Text($"Get-ProcessPageMap -Id $id -Address $range | Get-KPageFlags | Measure-KPageFlags {raw}"));
                });
        }

        string Text(string script) => string.Join('\n', RunModule(script));
    }

    [Fact]
    public void SummaryOfProcessEqualsSummaryOfItsPages()
    {
        Random random = new(3);
        _tree.AddProcess(7, 0x10000, [.. Enumerable.Range(0, 1000).Select(page => page % 10 == 0 ? 0 : PagemapBits.PresentAt((ulong)random.Next(1, 500)))]);
        _tree.WriteEntries("kpageflags", 0, [.. Enumerable.Range(0, 500).Select(frame => 1UL << (frame % 20))]);
        _session["tree"] = _tree.Path;

        string[] expected = RunModule("Get-ProcessPageMap -Id 7 -ProcPath $tree -AllowSavedTree | Measure-KPageFlags -ProcPath $tree -AllowSavedTree");
        Assert.Equal(900, _session.GetObjects("Measure-KPageFlags -Id 7 -ProcPath $tree -AllowSavedTree").GetColumn<long>("PageCount").Sum());
        Assert.Equal(expected, RunModule("Measure-KPageFlags -Id 7 -ProcPath $tree -AllowSavedTree"));
        Assert.Equal(expected, RunModule("Measure-KPageFlags -Name made-up -ProcPath $tree -AllowSavedTree"));
    }

    [Fact]
    public void SummaryOfAllMemoryCountsEveryFrameOfTheFile()
    {
        Require.Root();
        long frames = _session.GetObjects("Measure-KPageFlags").GetColumn<long>("PageCount").Sum();

        using FileStream file = new("/proc/kpageflags", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        file.Position = (frames - 1) * sizeof(ulong);
        Assert.Equal(sizeof(ulong), file.Read(word));
        Assert.Equal(0, file.Read(word));
    }

    [Fact]
    public void SummaryCountsPipedFramesWithAndWithoutFlags()
    {
        _tree.WriteEntries("kpageflags", 0, 1 << 5, 1 << 5, 1 << 12).WriteEntries("kpagecount", 0, 1, 1, 1);
        _session["tree"] = _tree.Path;

        foreach (string source in (string[])["Get-KPageFlags 0, 1, 2 -ProcPath $tree -AllowSavedTree", "Get-KPageCount 0, 1, 2 -ProcPath $tree -AllowSavedTree"])
        {
            IReadOnlyList<PSObject> summary = _session.GetObjects($"{source} | Measure-KPageFlags -ProcPath $tree -AllowSavedTree");
            Assert.Equal(["LRU", "ANON"], summary.GetColumn<string>("FlagNames"));
            Assert.Equal([2L, 1L], summary.GetColumn<long>("PageCount"));
            Assert.Equal([2L * Environment.SystemPageSize, Environment.SystemPageSize], summary.GetColumn<long>("Bytes"));
        }
    }

    [Fact]
    public void FlagParametersSelectCountedFrames()
    {
        _tree.WriteEntries("saved", 0, 1 << 5, (1 << 5) | (1 << 12), 1 << 12, 1UL << 33);

        Assert.Equal([1L, 1L], _session.GetObjects("Measure-KPageFlags -Path $saved -Flag LRU").GetColumn<long>("PageCount"));
        Assert.Equal([1L], _session.GetObjects("Measure-KPageFlags -Path $saved -Flag LRU -NotFlag ANON").GetColumn<long>("PageCount"));
        Assert.Equal(3, _session.GetObjects("Measure-KPageFlags -Path $saved -AnyFlag LRU, ANON").Count);
        Assert.Equal(["MLOCKED"], _session.GetObjects("Measure-KPageFlags -Path $saved -Flag MLOCKED -Raw").GetColumn<string>("FlagNames"));
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }

    private void AssertSame(string specification, bool raw)
    {
        List<string> options = ["-F", _tree.GetPath("clean")];
        options.AddRange(raw ? ["-r"] : Array.Empty<string>());
        options.AddRange(specification.Length > 0 ? ["-b", specification] : Array.Empty<string>());
        string parameters = (raw ? " -Raw" : "") + (specification.Length > 0 ? $" -BitSpec '{specification}'" : "");

        Assert.Equal(RunPageTypes([.. options]), RunModule($"Measure-KPageFlags -Path $saved{parameters}"));
    }

    /// <summary>
    /// Saves the words unchanged for the module, and without the false ANON and KSM flags of slab pages for page-types. The module
    /// masks these two flags on slab pages; page-types prints them.
    /// </summary>
    private void Save(ReadOnlySpan<ulong> words)
    {
        ulong[] clean = words.ToArray();
        foreach (ref ulong word in clean.AsSpan())
        {
            word &= (word & Slab) != 0 ? ~AnonAndKsm : ~0UL;
        }

        _tree.WriteEntries("saved", 0, words).WriteEntries("clean", 0, clean);
    }

    private static byte[] ReadFile(string path)
    {
        using FileStream source = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        using MemoryStream copy = new();
        source.CopyTo(copy, 1 << 20);
        return copy.ToArray();
    }

    /// <summary>Returns each line as "flags count letters names", ordered by flags.</summary>
    private static string[] RunPageTypes(string[] options) =>
    [
        .. Tool.ReadLines("page-types", options)
            .Where(line => line.StartsWith("0x", StringComparison.Ordinal))
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Select(fields => $"{fields[0]} {fields[1]} {fields[3].Replace("_", "", StringComparison.Ordinal)} {(fields.Length > 4 ? fields[4] : "")}")
            .Order(StringComparer.Ordinal),
    ];

    private string[] RunModule(string script) => [.. _session.GetObjects(script).Select(FormatRow)];

    private static string FormatRow(PSObject summary)
    {
        ulong flags = summary.Get<ulong>("FlagsValue");
        string names = flags == 0 ? "" : string.Join(',', summary.Get<string>("FlagNames")!.ToLowerInvariant().Split(',').Select(SpellAsPageTypes));
        return $"0x{flags:x16} {summary.Get<long>("PageCount")} {summary.Get<string>("SymbolicFlags")!.Replace("_", "", StringComparison.Ordinal)} {names}";
    }

    private static string SpellAsPageTypes(string name) => s_spellings.FirstOrDefault(spelling => spelling.Ours == name).Theirs ?? name;
}
