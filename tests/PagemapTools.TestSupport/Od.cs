using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>Words of the kernel's files as od(1) prints them.</summary>
internal static class Od
{
    /// <summary>Reads the word at an index; null beyond the end of the file.</summary>
    public static ulong? ReadWord(string path, ulong index)
    {
        // od -j reads up to the offset of a file of size 0 instead of seeking. dd seeks, also that of busybox.
        string command = FormattableString.Invariant($"dd if={path} bs=8 skip={index} count=1 2>/dev/null | od -An -v -t u8");
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return output.Length == 0 ? null : ulong.Parse(output);
    }
}
