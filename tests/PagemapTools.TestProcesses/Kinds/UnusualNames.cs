using System.Text;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed unsafe class UnusualNames : TestProcess
{
    private const nuint AnonymousName = 0;

    public override string Name => "odd-names";

    public override string Summary =>
        "dir=/var/tmp: one-page files, page 0 written, with names that are hard to parse (expect: path, and its " +
        "bytes in path-hex); named anonymous mappings if the kernel supports them";

    public override void Make(Context context)
    {
        string directory = Path.Combine(context.Options.GetText("dir", "/var/tmp"), BackingFile.MakeUniqueName("names"));
        Directory.CreateDirectory(directory);
        context.OnExit(() => Directory.Delete(directory));
        Map(context, "spaces", directory, "two  spaces "u8);
        Map(context, "newline", directory, "new\nline"u8);
        Map(context, "tab", directory, "tab\tstop"u8);
        Map(context, "backslash", directory, "back\\slash"u8);
        Map(context, "octal", directory, "not\\012newline"u8);
        Map(context, "invalid-utf8", directory, [(byte)'x', 0xff, 0xfe, (byte)'y']);
        Map(context, "unicode", directory, "naïve-名"u8);
        Map(context, "brackets", directory, "[heap]"u8);
        Map(context, "deleted-suffix", directory, "kept (deleted)"u8);
        Map(context, "deleted-suffix-deleted", directory, "gone (deleted)"u8).Unlink();
        NameAnonymous(context);
    }

    private static BackingFile Map(Context context, string name, string directory, ReadOnlySpan<byte> fileName)
    {
        byte[] path = [.. Encoding.UTF8.GetBytes(directory + '/'), .. fileName];
        BackingFile file = BackingFile.Create(context, path).Fill(1);
        MappedRegion mapping = MappedRegion.MapShared(context, file.Descriptor, MappedRegion.PageSize);
        mapping.Write(0);
        context.Add(name, mapping).With("path", Encoding.UTF8.GetString(path)).With("path-hex", Convert.ToHexStringLower(path))
            .With("written", "0");
        return file;
    }

    /// <summary>Names mappings with PR_SET_VMA_ANON_NAME: [anon:NAME] since 5.17, [anon_shmem:NAME] since 6.2, with CONFIG_ANON_VMA_NAME.</summary>
    private static void NameAnonymous(Context context)
    {
        int flags = Libc.MapShared | Libc.MapAnonymous;
        MappedRegion shared = MappedRegion.Map(context, MappedRegion.PageSize, Libc.ProtReadWrite, flags, -1);
        MappedRegion anonymous = MappedRegion.MapAnonymous(context, MappedRegion.PageSize);
        TryName(context, "anon-named", anonymous, "test name");
        TryName(context, "anon-shmem-named", shared, "test shared");
    }

    private static void TryName(Context context, string regionName, MappedRegion mapping, string name)
    {
        mapping.Write(0);
        fixed (byte* first = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int result = Libc.ProcessControl(Libc.PrSetVma, AnonymousName, mapping.Address, (nuint)mapping.Length, (nuint)first);
            Region region = context.Add(regionName, mapping).With("written", "0");
            if (result == 0)
            {
                region.With("vma-name", name);
            }
        }
    }
}
