using PagemapTools.Procfs.Core;

namespace PagemapTools.Benchmarks.Targets;

/// <summary>Starts the target processes, one at a time, as large as the machine's memory allows.</summary>
internal sealed class TargetProcesses(Action<string> say) : IDisposable
{
    private const long Mebibyte = 1 << 20;

    // For the engine, its garbage, and other processes.
    private const long LeftFree = 1024 * Mebibyte;
    private const long MinPages = 16 * 1024;

    private TargetProcess? _current;
    private string? _shortage;

    private static long PageBytes => (long)PageGeometry.PageSize;

    /// <summary>Private anonymous pages, all written: 1 Mi of them, or fewer.</summary>
    public TargetProcess Dense()
    {
        long pages = Fit(1 << 20, PageBytes);
        return Make("dense", $"size={pages * PageBytes}");
    }

    /// <summary>16 TiB reserved, 16,384 pages of it written: with the page tables under each, some 200 MiB.</summary>
    public TargetProcess Scattered() => Make("scattered", "reserve=16TiB", $"pages={Fit(16 * 1024, 3 * PageBytes)}");

    /// <summary>
    /// 1 Mi pages present, of which every thousandth was only read, so that it is the zero page and the only kind that is not
    /// exclusive.
    /// </summary>
    public TargetProcess OneInThousandShared()
    {
        RequireZeroPage();
        long pages = Fit(1 << 20, PageBytes);
        long runs = pages / 1000;
        IEnumerable<string> written = Enumerable.Range(0, (int)runs).Select(run => $"{(run * 1000) + 1}-{(run * 1000) + 999}");
        return Make("anon", $"pages={runs * 1000}", $"read=0-{(runs * 1000) - 1}/1000", $"written={string.Join(',', written)}");
    }

    /// <summary>
    /// 10 Mi present pages that take no memory beyond their page tables: each is the zero page, mapped by a read fault. While the target
    /// starts, its lists of pages take about 60 bytes a page.
    /// </summary>
    public TargetProcess ReadOnly()
    {
        RequireZeroPage();
        return Make("anon-read", $"pages={Fit(10 << 20, 64)}", "read=all", "written=none");
    }

    public void Dispose() => _current?.Dispose();

    private TargetProcess Make(string kind, params string[] options)
    {
        if (_current?.IsMadeFrom(kind, options) == true)
        {
            return _current;
        }

        _current?.Dispose();
        _current = null;
        _current = TargetProcess.Start(kind, options, _shortage);
        say($"target {kind}: process {_current.ProcessId}, {_current.Range}, {_current.PageCount} pages");
        return _current;
    }

    private static void RequireZeroPage()
    {
        if (!TestSupport.KernelFeatures.HasZeroPage)
        {
            throw new SkippedException("requires ZeroPage: this kernel gives anonymous memory that was only read page frames of its own");
        }
    }

    private long Fit(long pages, long bytesPerPage)
    {
        // The present target ends before the next one starts.
        long available = Math.Max(0, Machine.ReadAvailableBytes() + (_current?.ResidentBytes() ?? 0) - LeftFree);
        long fitting = Math.Min(pages, available / bytesPerPage / 1024 * 1024);
        if (fitting < MinPages)
        {
            throw new SkippedException($"{available / Mebibyte} MiB of memory to spare is too little for a target of {MinPages} pages");
        }

        _shortage = fitting < pages ? $"{fitting} pages instead of {pages}: there is not more memory" : null;
        return fitting;
    }
}
