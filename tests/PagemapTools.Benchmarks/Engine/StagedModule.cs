using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Engine;

/// <summary>The module as it would be published: out/PagemapTools.</summary>
internal sealed class StagedModule
{
    private const string Relative = "out/PagemapTools/PagemapTools.psd1";
    private const string Cmdlets = "PagemapTools.dll";
    private const string Reader = "PagemapTools.Procfs.dll";

    private StagedModule(string manifest)
    {
        Manifest = manifest;
    }

    public string Manifest { get; }

    /// <summary>Finds the module, and refuses one that this program cannot measure.</summary>
    public static StagedModule Find(string? named)
    {
        string manifest = named is not null
            ? Path.GetFullPath(named)
            : Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory)
                ?? throw new BenchmarkException($"There is no {Relative} above this program or the current directory; name it with --module.");
        string bin = Path.Combine(Path.GetDirectoryName(manifest)!, "bin");
        RequireOptimised(Path.Combine(bin, Cmdlets));
        RequireOptimised(Path.Combine(bin, Reader));

        // The engine runs in this process, which has loaded its own copy of the library and would not load the staged one.
        Guid loaded = typeof(PageWalk).Module.ModuleVersionId;
        return VersionOf(Path.Combine(bin, Reader)) == loaded
            ? new StagedModule(manifest)
            : throw new BenchmarkException($"'{bin}/{Reader}' is not of this program's build: another build has staged the module since. Build again.");
    }

    private static string? Above(string start)
    {
        for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
        {
            string manifest = Path.Combine(directory.FullName, Relative);
            if (File.Exists(manifest))
            {
                return manifest;
            }
        }

        return null;
    }

    private static Guid VersionOf(string assembly) =>
        Inspect(assembly, metadata => metadata.GetGuid(metadata.GetModuleDefinition().Mvid));

    private static void RequireOptimised(string assembly)
    {
        if (Inspect(assembly, IsUnoptimised))
        {
            throw new BenchmarkException($"'{assembly}' is a Debug build: times of it mean nothing. Build with -c Release.");
        }
    }

    private static T Inspect<T>(string assembly, Func<MetadataReader, T> look)
    {
        if (!File.Exists(assembly))
        {
            throw new BenchmarkException($"There is no '{assembly}': the module is not built.");
        }

        using PEReader file = new(File.OpenRead(assembly));
        return look(file.GetMetadataReader());
    }

    private static bool IsUnoptimised(MetadataReader metadata)
    {
        foreach (CustomAttributeHandle handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            CustomAttribute attribute = metadata.GetCustomAttribute(handle);
            if (attribute.Constructor.Kind == HandleKind.MemberReference
                && metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
                && metadata.StringComparer.Equals(metadata.GetTypeReference((TypeReferenceHandle)parent).Name, nameof(DebuggableAttribute)))
            {
                // ECMA-335, II.23.3: a prolog of two bytes, then the constructor's arguments.
                BlobReader value = metadata.GetBlobReader(attribute.Value);
                value.ReadUInt16();
                return ((DebuggableAttribute.DebuggingModes)value.ReadInt32()).HasFlag(DebuggableAttribute.DebuggingModes.DisableOptimizations);
            }
        }

        return false;
    }
}
