using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>Words of the kernel's files as od(1) prints them.</summary>
internal static class Od
{
    /// <summary>The word of an index; null beyond the end of the file.</summary>
    public static ulong? Word(string path, ulong index)
    {
        // od -j reads up to an offset where it cannot seek, and seeks where it can; dd does so in every busybox.
        string command = FormattableString.Invariant($"dd if={path} bs=8 skip={index} count=1 2>/dev/null | od -An -v -t u8");
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return output.Length == 0 ? null : ulong.Parse(output);
    }
}
