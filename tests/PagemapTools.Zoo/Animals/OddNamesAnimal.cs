using System.Text;
using PagemapTools.Zoo.Native;

namespace PagemapTools.Zoo.Animals;

internal sealed unsafe class OddNamesAnimal : Animal
{
    private const nuint AnonymousName = 0;

    public override string Name => "odd-names";

    public override string Summary =>
        "dir=/var/tmp: one-page files, page 0 written, with names that are hard to parse (expect: path, and its " +
        "bytes in path-hex); named anonymous mappings where the kernel has them";

    public override void Make(Habitat habitat)
    {
        string directory = Path.Combine(habitat.Options.Text("dir", "/var/tmp"), BackingFile.Unique("names"));
        Directory.CreateDirectory(directory);
        habitat.OnExit(() => Directory.Delete(directory));
        Map(habitat, "spaces", directory, "two  spaces "u8);
        Map(habitat, "newline", directory, "new\nline"u8);
        Map(habitat, "tab", directory, "tab\tstop"u8);
        Map(habitat, "backslash", directory, "back\\slash"u8);
        Map(habitat, "octal", directory, "not\\012newline"u8);
        Map(habitat, "invalid-utf8", directory, [(byte)'x', 0xff, 0xfe, (byte)'y']);
        Map(habitat, "unicode", directory, "naïve-名"u8);
        Map(habitat, "brackets", directory, "[heap]"u8);
        Map(habitat, "deleted-suffix", directory, "kept (deleted)"u8);
        Map(habitat, "deleted-suffix-deleted", directory, "gone (deleted)"u8).Unlink();
        NameAnonymous(habitat);
    }

    private static BackingFile Map(Habitat habitat, string name, string directory, ReadOnlySpan<byte> fileName)
    {
        byte[] path = [.. Encoding.UTF8.GetBytes(directory + '/'), .. fileName];
        BackingFile file = BackingFile.Create(habitat, path).Fill(1);
        MappedRegion mapping = MappedRegion.Shared(habitat, file.Descriptor, MappedRegion.PageSize);
        mapping.Write(0);
        habitat.Add(name, mapping).With("path", Encoding.UTF8.GetString(path)).With("path-hex", Convert.ToHexStringLower(path))
            .With("written", "0");
        return file;
    }

    /// <summary>PR_SET_VMA_ANON_NAME: [anon:NAME] since 5.17, [anon_shmem:NAME] since 6.2, with CONFIG_ANON_VMA_NAME.</summary>
    private static void NameAnonymous(Habitat habitat)
    {
        int flags = Libc.MapShared | Libc.MapAnonymous;
        MappedRegion shared = MappedRegion.Map(habitat, MappedRegion.PageSize, Libc.ProtReadWrite, flags, -1);
        MappedRegion anonymous = MappedRegion.Anonymous(habitat, MappedRegion.PageSize);
        TryName(habitat, "anon-named", anonymous, "zoo name");
        TryName(habitat, "anon-shmem-named", shared, "zoo shared");
    }

    private static void TryName(Habitat habitat, string regionName, MappedRegion mapping, string name)
    {
        mapping.Write(0);
        fixed (byte* first = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int result = Libc.ProcessControl(Libc.PrSetVma, AnonymousName, mapping.Address, (nuint)mapping.Length, (nuint)first);
            Region region = habitat.Add(regionName, mapping).With("written", "0");
            if (result == 0)
            {
                region.With("vma-name", name);
            }
        }
    }
}
