using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class KsmProcess : TestProcess
{
    private const string Ksm = "/sys/kernel/mm/ksm/";
    private const ulong MergedWord = 0x6b736d206b736d20;

    private MappedRegion? _merged;

    public override string Name => "ksm";

    public override string Summary =>
        "pages=16: merged (equal pages, one frame), unique (advised, but all pages differ); KSM stops after the " +
        "merge; next: writes page 0 of merged";

    public override void Make(Context context)
    {
        long length = (long)context.Options.GetNumber("pages", 16) * MappedRegion.PageSize;
        FacilityLock.Take(context, "ksm");
        _merged = MappedRegion.MapAnonymous(context, length);
        MappedRegion unique = MappedRegion.MapAnonymous(context, length);
        _merged.Advise(Libc.MadvMergeable, "MADV_MERGEABLE");
        unique.Advise(Libc.MadvMergeable, "MADV_MERGEABLE");
        unique.WriteAll();
        for (int page = 0; page < _merged.PageCount; page++)
        {
            _merged.Fill(page, MergedWord);
        }

        Scan(context, _merged.PageCount);
        context.Add("merged", _merged).WithAll("merged");
        context.Add("unique", unique).WithAll("written");
    }

    public override void Next(Context context, int step, string argument)
    {
        _merged!.Write(0);
        context["merged"].With("merged", PageList.Format(1, _merged.PageCount - 1)).With("written", "0");
    }

    private static void Scan(Context context, int pages)
    {
        string run = SystemSetting.Read(Ksm + "run");
        string perScan = SystemSetting.Read(Ksm + "pages_to_scan");
        string sleep = SystemSetting.Read(Ksm + "sleep_millisecs");
        SystemSetting.Write(Ksm + "run", "1");
        context.OnExit(() => SystemSetting.Write(Ksm + "run", run));
        // With an active advisor (Linux 6.8) the kernel refuses a write to pages_to_scan.
        bool paced = SystemSetting.TryWrite(Ksm + "pages_to_scan", "5000") & SystemSetting.TryWrite(Ksm + "sleep_millisecs", "10");
        bool merged = Wait.Until(() => SystemSetting.ReadNumber("/proc/self/ksm_merging_pages") >= pages, TimeSpan.FromMinutes(1));
        if (paced)
        {
            SystemSetting.Write(Ksm + "sleep_millisecs", sleep);
            SystemSetting.Write(Ksm + "pages_to_scan", perScan);
        }

        // A running scanner would merge the page again after the next step.
        SystemSetting.Write(Ksm + "run", "0");
        if (!merged)
        {
            throw new SkippedException("KSM did not merge the pages within a minute");
        }
    }
}
