using System.Reflection;
using System.Runtime.Loader;

namespace PagemapTools;

/// <summary>
/// Loads what writes Parquet from the folder Parquet beside the module's assembly, into a load context of its own: a session that has
/// another version of one of these assemblies keeps it, and the module gets its own.
/// </summary>
internal sealed class ParquetAssembly : AssemblyLoadContext
{
    private const string FormatAssembly = "PagemapTools.Parquet";
    private const string FormatType = "PagemapTools.Parquet.ParquetFormat";

    private static readonly Lazy<ISnapshotFormat> s_format = new(LoadFormat);
    private readonly string _folder;

    private ParquetAssembly(string folder)
        : base(FormatAssembly)
    {
        _folder = folder;
    }

    /// <summary>The format; its assemblies are loaded when this is first read.</summary>
    public static ISnapshotFormat Format => s_format.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // The interface must be the one that the cmdlets have.
        Assembly library = typeof(ISnapshotFormat).Assembly;
        if (assemblyName.Name == library.GetName().Name)
        {
            return library;
        }

        string path = Path.Join(_folder, $"{assemblyName.Name}.dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private static ISnapshotFormat LoadFormat()
    {
        ParquetAssembly context = new(Path.Join(Path.GetDirectoryName(typeof(ParquetAssembly).Assembly.Location), "Parquet"));
        Type type = context.LoadFromAssemblyName(new AssemblyName(FormatAssembly)).GetType(FormatType, throwOnError: true)!;
        return (ISnapshotFormat)Activator.CreateInstance(type)!;
    }
}
