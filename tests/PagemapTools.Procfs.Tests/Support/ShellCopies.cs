namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Copies of the shell under other names, and their scripts, in a directory that every user can read. The names tell what a process executes.</summary>
internal sealed class ShellCopies : IDisposable
{
    private const UnixFileMode ReadableAndExecutable = (UnixFileMode)0b111_101_101;

    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("pagemaptools-shells-");

    public ShellCopies(params string[] names)
    {
        string shell = File.ResolveLinkTarget("/bin/sh", returnFinalTarget: true)?.FullName ?? "/bin/sh";
        Require.That(!shell.Contains("busybox", StringComparison.Ordinal), "Shell", "the shell of busybox runs under no other name");
        _directory.UnixFileMode = ReadableAndExecutable;
        foreach (string name in names)
        {
            File.Copy(shell, GetPath(name));
            File.SetUnixFileMode(GetPath(name), ReadableAndExecutable);
        }
    }

    /// <summary>The directory of the copies.</summary>
    public string Directory => _directory.FullName;

    /// <summary>Gets the path of a copy or of a script.</summary>
    public string GetPath(string name) => Path.Join(_directory.FullName, name);

    /// <summary>Writes a script for a copy.</summary>
    public void WriteScript(string name, string text) => File.WriteAllText(GetPath(name), text);

    public void Dispose() => _directory.Delete(recursive: true);
}
