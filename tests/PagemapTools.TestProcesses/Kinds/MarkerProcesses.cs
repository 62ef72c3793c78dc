using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class GuardProcess : TestProcess
{
    private readonly List<MappedRegion> _mappings = [];

    public override string Name => "guard";

    public override string Summary =>
        "16 pages: MADV_GUARD_INSTALL (6.13) on pages 0-3 (written before) and 12-15 (untouched), pages 4-7 " +
        "written; the same in shmem (6.15, else that region is absent); next: removes the guards";

    public override void Make(Context context)
    {
        long length = 16L * MappedRegion.PageSize;
        MappedRegion anonymous = MappedRegion.MapAnonymous(context, length);
        Populate(anonymous);
        anonymous.Slice(0, 4).Advise(Libc.MadvGuardInstall, "MADV_GUARD_INSTALL");
        anonymous.Slice(12, 4).Advise(Libc.MadvGuardInstall, "MADV_GUARD_INSTALL");
        Add(context, Name, anonymous);

        MappedRegion shared = MappedRegion.MapShared(context, BackingFile.CreateInMemory(context, Name).Resize(length).Descriptor, length);
        Populate(shared);
        if (shared.Slice(0, 4).TryAdvise(Libc.MadvGuardInstall) && shared.Slice(12, 4).TryAdvise(Libc.MadvGuardInstall))
        {
            Add(context, "guard-shmem", shared);
        }
    }

    public override void Next(Context context, int step, string argument)
    {
        for (int i = 0; i < _mappings.Count; i++)
        {
            _mappings[i].Advise(Libc.MadvGuardRemove, "MADV_GUARD_REMOVE");
            context.Regions[i].With("guard", "none");
        }
    }

    private static void Populate(MappedRegion mapping) => mapping.Write(Enumerable.Range(0, 8));

    private void Add(Context context, string name, MappedRegion mapping)
    {
        _mappings.Add(mapping);
        context.Add(name, mapping).With("guard", "0-3,12-15").With("written", "4-7").With("untouched", "8-11");
    }
}

internal sealed class WriteProtectedProcess : TestProcess
{
    private readonly List<MappedRegion> _mappings = [];
    private UserFault? _fault;

    public override string Name => "uffd-wp";

    public override string Summary =>
        "16 pages a region: UFFDIO_WRITEPROTECT on all; populated (all written), markers (even written, odd untouched: " +
        "markers since 6.4), shmem (0-7 written, then 0-3 zapped: markers since 5.19); next: removes the protection";

    public override void Make(Context context)
    {
        long length = 16L * MappedRegion.PageSize;
        const ulong Shmem = UserFault.FeatureWriteProtect | UserFault.FeatureShmemWriteProtect;
        const ulong Unpopulated = UserFault.FeatureWriteProtect | UserFault.FeatureUnpopulated;
        if (!UserFault.Has(UserFault.FeatureWriteProtect))
        {
            throw new SkippedException("userfaultfd has no write protection here");
        }

        _fault = UserFault.Open(context, Shmem | Unpopulated);
        MappedRegion populated = MappedRegion.MapAnonymous(context, length);
        populated.WriteAll();
        Protect(populated);
        context.Add("populated", populated).WithAll("uffd-wp").WithAll("written");

        MappedRegion markers = MappedRegion.MapAnonymous(context, length);
        int[] even = PageList.Parse("even", markers.PageCount);
        markers.Write(even);
        Protect(markers);
        context.Add("markers", markers).With("written", even).With("uffd-wp", even)
            .With("marker", UserFault.Has(Unpopulated) ? PageList.Format(PageList.Parse("odd", markers.PageCount)) : "none");

        if (UserFault.Has(Shmem))
        {
            MappedRegion shmem = MappedRegion.MapShared(context, BackingFile.CreateInMemory(context, Name).Resize(length).Descriptor, length);
            shmem.Write(Enumerable.Range(0, 8));
            Protect(shmem);
            shmem.Slice(0, 4).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
            context.Add("shmem", shmem).With("written", "4-7").With("uffd-wp", "4-7").With("marker", "0-3,8-15").With("zapped", "0-3");
        }
    }

    public override void Next(Context context, int step, string argument)
    {
        for (int i = 0; i < _mappings.Count; i++)
        {
            _fault!.WriteProtect(_mappings[i], on: false);
            context.Regions[i].With("uffd-wp", "none").With("marker", "none");
        }
    }

    private void Protect(MappedRegion mapping)
    {
        _mappings.Add(mapping);
        _fault!.Register(mapping, UserFault.ModeWriteProtect);
        _fault.WriteProtect(mapping, on: true);
    }
}

internal sealed class AsynchronousWriteProtectedProcess : TestProcess
{
    private MappedRegion? _mapping;

    public override string Name => "uffd-wp-async";

    public override string Summary =>
        "pages=16: written pages under UFFD_FEATURE_WP_ASYNC (6.7), all protected, as PAGEMAP_SCAN requires to report " +
        "WRITTEN; next LIST (else the first half): writes pages, which removes their protection";

    public override void Make(Context context)
    {
        const ulong Async = UserFault.FeatureWriteProtect | UserFault.FeatureUnpopulated | UserFault.FeatureAsync;
        long length = (long)context.Options.GetNumber("pages", 16) * MappedRegion.PageSize;
        if (!UserFault.Has(Async))
        {
            throw new SkippedException("userfaultfd has no UFFD_FEATURE_WP_ASYNC (Linux 6.7)");
        }

        UserFault fault = UserFault.Open(context, Async);
        _mapping = MappedRegion.MapAnonymous(context, length);
        _mapping.WriteAll();
        fault.Register(_mapping, UserFault.ModeWriteProtect);
        fault.WriteProtect(_mapping, on: true);
        context.Add(Name, _mapping).With("uffd-wp", Enumerable.Range(0, _mapping.PageCount)).With("written", "none");
    }

    public override void Next(Context context, int step, string argument)
    {
        int[] pages = PageList.Parse(argument.Length > 0 ? argument : $"0-{_mapping!.PageCount / 2 - 1}", _mapping!.PageCount);
        _mapping.Write(pages);
        context[Name].Move("written", pages, "uffd-wp");
    }
}

internal sealed class PoisonProcess : TestProcess
{
    public override string Name => "poison-marker";

    public override string Summary => "16 pages: UFFDIO_POISON (6.6) on pages 0-7, 8-11 written, 12-15 untouched";

    public override void Make(Context context)
    {
        if (!UserFault.Has(UserFault.FeaturePoison))
        {
            throw new SkippedException("userfaultfd has no UFFDIO_POISON (Linux 6.6)");
        }

        UserFault fault = UserFault.Open(context, UserFault.FeaturePoison);
        MappedRegion mapping = MappedRegion.MapAnonymous(context, 16L * MappedRegion.PageSize);
        mapping.Write([8, 9, 10, 11]);
        fault.Register(mapping, UserFault.ModeMissing);
        fault.Poison(mapping.Slice(0, 8));
        context.Add(Name, mapping).With("poison", "0-7").With("written", "8-11").With("untouched", "12-15");
    }
}

internal sealed class HardwarePoisonProcess : TestProcess
{
    private const int PoisonedPage = 5;

    public override string Name => "hwpoison";

    public override string Summary =>
        "pages=16: private anonymous pages, all written, page 5 poisoned (MADV_HWPOISON); needs the module hwpoison-inject, which undoes it";

    public override void Make(Context context)
    {
        string unpoison = Path.Combine(Mount.Attach(context, "debugfs", "").Directory, "hwpoison/unpoison-pfn");
        if (!File.Exists(unpoison))
        {
            throw new SkippedException("there is no hwpoison/unpoison-pfn: the machine would lose the page frame");
        }

        MappedRegion mapping = MappedRegion.MapAnonymous(context, context.Options.GetNumber("pages", 16) * (long)MappedRegion.PageSize);
        mapping.WriteAll();
        ulong frame = ReadPageFrame(mapping.Slice(PoisonedPage, 1));
        mapping.Slice(PoisonedPage, 1).Advise(Libc.MadvHwPoison, "MADV_HWPOISON");
        context.OnExit(() => File.WriteAllText(unpoison, FormattableString.Invariant($"{frame}\n")));
        context.Add(Name, mapping).With("poison", [PoisonedPage])
            .With("written", Enumerable.Range(0, mapping.PageCount).Where(page => page != PoisonedPage));
    }

    private static ulong ReadPageFrame(MappedRegion page)
    {
        byte[] entry = new byte[sizeof(ulong)];
        using FileStream pagemap = new("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        pagemap.Position = (long)(page.Address / (nuint)MappedRegion.PageSize) * sizeof(ulong);
        pagemap.ReadExactly(entry);
        return BitConverter.ToUInt64(entry) & ((1UL << 55) - 1);
    }
}
