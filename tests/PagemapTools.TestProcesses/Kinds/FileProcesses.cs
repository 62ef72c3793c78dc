using System.Text;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>A mapped file without pages in the page cache, so that a fault maps only one page.</summary>
internal abstract class FileProcess : PlainProcess
{
    private bool _evicted;
    private string _path = "";

    protected override string Keys => " dir=/var/tmp overlay=0";

    /// <summary>Reports whether the file had no page in the page cache; if it had some, fault-around may also map "untouched" pages.</summary>
    protected override void Describe(Region region) => region.With("evicted", _evicted ? "true" : "false").With("path", _path);

    protected MappedRegion Map(Context context, BackingFile file, int pageCount, int sharing)
    {
        long length = (long)pageCount * MappedRegion.PageSize;
        MappedRegion mapping = MappedRegion.Map(context, length, Libc.ProtReadWrite, sharing, file.Descriptor);
        // A fault uses the readahead of the mapping, a read that of the descriptor.
        mapping.Advise(Libc.MadvRandom, "MADV_RANDOM");
        _path = Encoding.UTF8.GetString(file.PathBytes);
        _evicted = mapping.FindPagesInCore().Length == 0;
        return mapping;
    }

    protected BackingFile MakeFile(Context context, int pageCount) =>
        BackingFile.Create(context, context.Options, Name).Fill(pageCount).Evict();
}

internal sealed class PrivateFileProcess : FileProcess
{
    public override string Name => "file-private";

    protected override string Description => "MAP_PRIVATE of a file: read pages are file pages, written pages are anonymous copies";

    protected override MappedRegion Map(Context context, int pageCount) =>
        Map(context, MakeFile(context, pageCount), pageCount, Libc.MapPrivate);
}

internal sealed class SharedFileProcess : FileProcess
{
    public override string Name => "file-shared";

    protected override string Description => "MAP_SHARED of a file";

    protected override bool AcceptsChild => true;

    protected override MappedRegion Map(Context context, int pageCount) =>
        Map(context, MakeFile(context, pageCount), pageCount, Libc.MapShared);
}

internal sealed class DeletedFileProcess : FileProcess
{
    public override string Name => "deleted-file";

    protected override string Description => "MAP_SHARED of a file, unlinked after the mapping";

    protected override bool AcceptsChild => true;

    protected override MappedRegion Map(Context context, int pageCount)
    {
        BackingFile file = MakeFile(context, pageCount);
        MappedRegion region = Map(context, file, pageCount, Libc.MapShared);
        file.Unlink();
        return region;
    }
}

internal sealed class UntouchedFileProcess : TestProcess
{
    private BackingFile? _file;
    private MappedRegion? _mapping;

    public override string Name => "file-untouched";

    public override string Summary =>
        "pages=16 cached=0-7 holes=no dir=/var/tmp overlay=0: a mapped, untouched file with some pages in the page cache; next " +
        "LIST (else the rest): reads pages into the page cache";

    public override void Make(Context context)
    {
        int pageCount = context.Options.GetNumber("pages", 16);
        int[] cached = context.Options.GetPages("cached", "0-7", pageCount);
        _file = BackingFile.Create(context, context.Options, Name);
        _file = (context.Options.GetText("holes", "no") == "yes" ? _file.Resize((long)pageCount * MappedRegion.PageSize) : _file.Fill(pageCount)).Evict();
        _mapping = MappedRegion.MapShared(context, _file.Descriptor, (long)pageCount * MappedRegion.PageSize);
        context.Add(Name, _mapping);
        Cache(context, cached);
    }

    public override void Next(Context context, int step, string argument) => Cache(
        context, PageList.Parse(argument.Length > 0 ? argument : context[Name].Expect["uncached"], _mapping!.PageCount));

    private void Cache(Context context, int[] pages)
    {
        _file!.ReadWithoutMapping(pages);
        // Asks mincore, because a file system in the page cache (tmpfs) has every page there.
        int[] cached = _mapping!.FindPagesInCore();
        context[Name].With("cached", cached).With("uncached", Enumerable.Range(0, _mapping.PageCount).Except(cached));
    }
}
