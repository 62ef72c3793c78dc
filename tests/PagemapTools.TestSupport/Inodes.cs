using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>Inode numbers that stat(1) prints.</summary>
internal static class Inodes
{
    public static ulong Get(string path)
    {
        using Process process = Process.Start(new ProcessStartInfo("stat", ["-c", "%i", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return ulong.Parse(output);
    }
}
