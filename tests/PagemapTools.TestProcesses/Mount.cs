using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses;

/// <summary>A file system mounted for one test process; the context unmounts it at the end.</summary>
internal sealed class Mount
{
    private bool _isAttached = true;

    private Mount(string directory) => Directory = directory;

    public string Directory { get; }

    public static Mount Attach(Context context, string type, string data) =>
        Attach(context, type, Path.Combine(Path.GetTempPath(), BackingFile.MakeUniqueName(type)), data);

    /// <summary>Mounts an overlay whose upper layer lies in a directory; new files are stored there. The lower layer is an empty directory, or the given one.</summary>
    public static Mount AttachOverlay(Context context, string directory, string? lower = null)
    {
        string layers = Path.Combine(directory, BackingFile.MakeUniqueName("layers"));
        string[] names = ["lower", "upper", "work"];
        context.OnExit(() => System.IO.Directory.Delete(layers, recursive: true));
        string[] paths = [.. names.Select(name => System.IO.Directory.CreateDirectory(Path.Combine(layers, name)).FullName)];
        return Attach(context, "overlay", Path.Combine(layers, "merged"), $"lowerdir={lower ?? paths[0]},upperdir={paths[1]},workdir={paths[2]}");
    }

    /// <summary>Unmounts the file system while it is in use. Mappings stay, and the mount table no longer lists the file system.</summary>
    public void Detach()
    {
        Libc.Unmount(Directory, Libc.UnmountDetach).OrFail("umount2");
        _isAttached = false;
    }

    private static Mount Attach(Context context, string type, string directory, string data)
    {
        System.IO.Directory.CreateDirectory(directory);
        context.OnExit(() => System.IO.Directory.Delete(directory));
        Libc.Mount(type, directory, type, 0, data).OrSkip($"mount of {type}");
        Mount mount = new(directory);
        context.OnExit(() =>
        {
            if (mount._isAttached)
            {
                mount.Detach();
            }
        });
        return mount;
    }
}
