using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>Reads the kernel's files of u64 words without the library.</summary>
internal static class KernelFile
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>The page size of this machine, or that of the trees that <see cref="FakeProc"/> makes.</summary>
    public static ulong PageSize { get; } = ulong.Parse(
        Environment.GetEnvironmentVariable("PAGEMAPTOOLS_PAGESIZE") ?? Environment.SystemPageSize.ToString(CultureInfo.InvariantCulture),
        CultureInfo.InvariantCulture);

    /// <summary>The page frames of a section of memory: 128 MiB, with pages of 64 KiB 512 MiB.</summary>
    public static int SectionFrames { get; } = (int)((PageSize == 65536 ? 512UL << 20 : 128UL << 20) / PageSize);

    public static bool CanRead(string path) => CanRead(path, FileAccess.Read);

    public static bool CanWrite(string path) => CanRead(path, FileAccess.Write);

    private static bool CanRead(string path, FileAccess access)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, access, FileShare.ReadWrite, bufferSize: 0);
            return true;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads words from an index on; returns fewer at the end of the file.</summary>
    public static ulong[] ReadWords(string path, ulong firstIndex, int count)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return ReadWords(file, firstIndex, count);
    }

    public static ulong[] ReadWords(FileStream file, ulong firstIndex, int count)
    {
        byte[] bytes = new byte[count * sizeof(ulong)];
        file.Position = (long)firstIndex * sizeof(ulong);
        int done = 0;
        for (int read = -1; read != 0 && done < bytes.Length; done += read)
        {
            read = file.Read(bytes, done, Math.Min(ChunkBytes, bytes.Length - done));
        }

        ulong[] words = new ulong[done / sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BitConverter.ToUInt64(bytes, i * sizeof(ulong));
        }

        return words;
    }

    public static ulong[] ReadPagemap(int processId, ulong address, int pages) =>
        ReadWords(FormattableString.Invariant($"/proc/{processId}/pagemap"), address / PageSize, pages);

    /// <summary>Reads the word at each index; null beyond the end of the file.</summary>
    public static ulong?[] ReadWordsAt(string path, IReadOnlyList<ulong> indices)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        byte[] word = new byte[sizeof(ulong)];
        ulong?[] words = new ulong?[indices.Count];
        for (int i = 0; i < words.Length; i++)
        {
            file.Position = (long)indices[i] * sizeof(ulong);
            words[i] = file.Read(word) == word.Length ? BitConverter.ToUInt64(word) : null;
        }

        return words;
    }
}
