using System.Numerics;
using System.Runtime.InteropServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Fuzz.Targets;

/// <summary>Decoders of the kernel's 64-bit words: any word is possible, so nothing may throw.</summary>
internal static class WordTargets
{
    private static readonly SwapTypes[] s_swapTypes =
    [
        new([], null), new(["/swap"], null), new(["/a", "/b"], null, new Version(6, 1), hasUnknownAreas: true),
        .. from release in new[] { "4.4", "5.10", "5.19", "6.1", "6.12", "6.18" }
           from options in Enumerable.Range(0, 8)
           select new SwapTypes(["/swap"], new NonSwapTypeLayout(Version.Parse(release), (options & 1) != 0, (options & 2) != 0, (options & 4) != 0, true), Version.Parse(release)),
    ];

    public static IEnumerable<FuzzTarget> Create() => [new("entry-word", input => ForEachWord(input, CheckEntry)), new("flags-word", input => ForEachWord(input, CheckFlags)) { InputsPerTurn = 10_000 }];

    private static void ForEachWord(byte[] input, Action<ulong> check)
    {
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(input.AsSpan(0, input.Length & ~7)))
        {
            check(word);
        }
    }

    private static void CheckEntry(ulong word)
    {
        PagemapEntry entry = new(word);
        foreach (SwapTypes types in s_swapTypes)
        {
            PageState state = entry.GetState(types);
            Expect.That(Enum.IsDefined(state), $"{state} is a state");
            Expect.Equal(entry.IsPresent, state == PageState.Present, "present");
            Expect.That(entry.IsSwapFormat || state is PageState.Present or PageState.Unpopulated or PageState.UffdMarker, $"{state} without bit 62");
            Expect.That(state != PageState.Swapped || entry.SwapType is null or < 32, "swap type");
            Expect.That(entry.SwapType is null || !entry.IsPresent, "a present page is in no swap area");
            _ = entry.SwapType is { } type ? types.GetArea(type) : null;
            _ = types.ContradictsAreaOrder(entry);
            _ = types.IsPfnSwapEntry(state, entry);
        }
    }

    private static void CheckFlags(ulong word)
    {
        KPageFlags flags = (KPageFlags)word;
        string[] names = KPageFlagsNames.Format(flags).Split(',');
        KPageFlags parsed = KPageFlags.None;
        foreach (string name in flags == KPageFlags.None ? [] : names)
        {
            Expect.That(KPageFlagsNames.TryParse(name, out KPageFlags flag), $"{name} is a name");
            parsed |= flag;
        }

        Expect.Equal(flags, parsed, "parse after print");
        Expect.Equal(BitOperations.PopCount(word), flags == KPageFlags.None ? 0 : names.Length, "a name for each bit");
        Expect.That(KPageFlagsNames.FormatLetters(flags).Length == KPageFlagsNames.FormatLetters(KPageFlags.None).Length, "letters");
        _ = KPageFlagsDecoder.Decode(word, new PagemapEntry(~word), raw: false);
        _ = KPageFlagsDecoder.Decode(word, new PagemapEntry(word), raw: true);
    }
}
