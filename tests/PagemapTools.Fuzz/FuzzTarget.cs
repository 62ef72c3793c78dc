namespace PagemapTools.Fuzz;

/// <summary>A parser and the properties that hold for every input.</summary>
/// <param name="Name">Its name, and the folder of its seeds.</param>
/// <param name="Properties">Throws <see cref="FuzzException"/>, or anything that the parser should not throw, if a property does not hold.</param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Properties)
{
    private const long BytesForEachByte = 512;

    // The first inputs of a target also allocate what the runtime caches.
    private const int WarmUp = 200;

    private int _checks;

    /// <summary>How many bytes the parser may allocate for an input of no length.</summary>
    public long MaxBytes { get; init; } = 256 * 1024;

    /// <summary>How many inputs one turn checks: fewer for parsers that read files.</summary>
    public int InputsPerTurn { get; init; } = 100_000;

    /// <summary>The files of the repository from which inputs are made.</summary>
    public IReadOnlyList<byte[]> Seeds { get; } =
        [.. Directory.EnumerateFiles(Path.Join(AppContext.BaseDirectory, "Seeds", Name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>Checks all properties, and that the memory is bounded by the input.</summary>
    public void Check(byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Properties(input);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (_checks++ > WarmUp && allocated > MaxBytes + (BytesForEachByte * input.Length))
        {
            throw new FuzzException($"An input of {input.Length} bytes made the parser allocate {allocated} bytes.");
        }
    }
}
