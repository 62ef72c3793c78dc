using PagemapTools.Procfs.Core;

namespace PagemapTools.Benchmarks.Targets;

/// <summary>Starts the target processes of one row at a time, as large as the machine's memory allows.</summary>
internal sealed class TargetProcesses(Action<string> say) : IDisposable
{
    private const long Mebibyte = 1 << 20;

    // For the engine, its garbage, and other processes.
    private const long LeftFree = 1024 * Mebibyte;
    private const long MinPages = 16 * 1024;

    private const int FarmChildren = 100;

    private const long FarmPages = 256 * 1024;

    private readonly List<TargetProcess> _running = [];

    private static long PageBytes => (long)PageGeometry.PageSize;

    // A page of the parent, and in each child a part of a copy and an entry of a page table.
    private static long BytesPerFarmPage => PageBytes + (FarmChildren * ((GetCopiedPages(FarmPages) * PageBytes / FarmPages) + sizeof(ulong)));

    /// <summary>Private anonymous pages, all written: 1 Mi of them, or fewer.</summary>
    public TargetProcess Dense() => Make(DenseRecipe());

    /// <summary>1 GiB of transparent huge pages, or less.</summary>
    public TargetProcess Huge()
    {
        (long pages, string? shortage) = Fit(FarmPages, PageBytes);
        return Make(new TargetRecipe("dense", $"size={pages * PageBytes} huge=1", shortage));
    }

    /// <summary>1 Mi pages, or fewer, in a process that measures the latency of its own page faults and mappings.</summary>
    public TargetProcess Latency()
    {
        (long pages, string? shortage) = Fit(1 << 20, PageBytes);
        return Make(new TargetRecipe("latency", $"size={pages * PageBytes}", shortage));
    }

    /// <summary>16 TiB reserved, 16,384 pages of it written: with the page tables under each, some 200 MiB.</summary>
    public TargetProcess Scattered() => Make(ScatteredRecipe());

    /// <summary>
    /// A parent with 1 GiB and 100 children forked from it, each of which has copies of 20 MiB: with the 2 MiB of page tables of each
    /// process, 3.2 GiB that 101 processes map 26 Mi times.
    /// </summary>
    public TargetProcess Farm() => Make(FarmRecipe());

    /// <summary>The farm, the dense and the scattered process together: 28 Mi resident pages.</summary>
    public IReadOnlyList<TargetProcess> Host()
    {
        TargetRecipe farm = FarmRecipe();
        return MakeAll(farm, DenseRecipe(others: FarmPages * BytesPerFarmPage), ScatteredRecipe());
    }

    /// <summary>
    /// 1 Mi pages present, of which every thousandth was only read, so that it is the zero page and the only kind that is not
    /// exclusive.
    /// </summary>
    public TargetProcess OneInThousandShared()
    {
        RequireZeroPage();
        (long pages, string? shortage) = Fit(1 << 20, PageBytes);
        long runs = pages / 1000;
        IEnumerable<string> written = Enumerable.Range(0, (int)runs).Select(run => $"{(run * 1000) + 1}-{(run * 1000) + 999}");
        return Make(new TargetRecipe("anon", $"pages={runs * 1000} read=0-{(runs * 1000) - 1}/1000 written={string.Join(',', written)}", shortage));
    }

    /// <summary>
    /// 10 Mi present pages that take no memory beyond their page tables: each is the zero page, mapped by a read fault. While the target
    /// starts, its lists of pages take about 60 bytes a page.
    /// </summary>
    public TargetProcess ReadOnly()
    {
        RequireZeroPage();
        (long pages, string? shortage) = Fit(10 << 20, 64);
        return Make(new TargetRecipe("anon-read", $"pages={pages} read=all written=none", shortage));
    }

    public void Dispose() => _running.ForEach(target => target.Dispose());

    private TargetRecipe DenseRecipe(long others = 0)
    {
        (long pages, string? shortage) = Fit(1 << 20, PageBytes, others);
        return new TargetRecipe("dense", $"size={pages * PageBytes}", shortage);
    }

    private TargetRecipe ScatteredRecipe()
    {
        (long pages, string? shortage) = Fit(16 * 1024, 3 * PageBytes);
        return new TargetRecipe("scattered", $"reserve=16TiB pages={pages}", shortage);
    }

    private TargetRecipe FarmRecipe()
    {
        (long pages, string? shortage) = Fit(FarmPages, BytesPerFarmPage);
        return new TargetRecipe("farm", $"size={pages * PageBytes} children={FarmChildren} private={GetCopiedPages(pages) * PageBytes}", shortage);
    }

    // 20 MiB of 1 GiB.
    private static long GetCopiedPages(long pages) => pages * 20 / 1024;

    private TargetProcess Make(TargetRecipe recipe) => MakeAll(recipe)[0];

    private IReadOnlyList<TargetProcess> MakeAll(params TargetRecipe[] recipes)
    {
        foreach (TargetProcess target in _running.Where(target => !recipes.Contains(target.Recipe)).ToList())
        {
            target.Dispose();
            _running.Remove(target);
        }

        foreach (TargetRecipe recipe in recipes.Where(recipe => !_running.Exists(target => target.Recipe == recipe)))
        {
            TargetProcess target = TargetProcess.Start(recipe);
            _running.Add(target);
            say($"target {recipe.Kind}: process {target.ProcessId}, {target.Range}, {target.PageCount} pages");
        }

        return [.. recipes.Select(recipe => _running.First(target => target.Recipe == recipe))];
    }

    private static void RequireZeroPage()
    {
        if (!TestSupport.KernelFeatures.HasZeroPage)
        {
            throw new SkippedException("requires ZeroPage: this kernel gives anonymous memory that was only read page frames of its own");
        }
    }

    /// <summary>Computes how many pages fit into memory after the running targets have ended.</summary>
    /// <param name="pages">The wanted pages.</param>
    /// <param name="bytesPerPage">The memory that each takes.</param>
    /// <param name="others">The memory of targets that run at the same time.</param>
    private (long Pages, string? Shortage) Fit(long pages, long bytesPerPage, long others = 0)
    {
        long available = Math.Max(0, Machine.ReadAvailableBytes() + _running.Sum(target => target.ResidentBytes()) - LeftFree - others);
        long fitting = Math.Min(pages, available / bytesPerPage / 1024 * 1024);
        if (fitting < MinPages)
        {
            throw new SkippedException($"{available / Mebibyte} MiB of memory to spare is too little for a target of {MinPages} pages");
        }

        return (fitting, fitting < pages ? $"{fitting} pages instead of {pages}: there is not more memory" : null);
    }
}
