namespace PagemapTools.Procfs;

/// <summary>
/// The table of names in which page-types looks for the beginning of a name (page_flag_names in tools/vm/page-types.c of Linux 6.1): the
/// kernel's names but for three. The table of 6.12 calls bit 34 owner_2 and takes <c>owner</c> for it, and has no uncached.
/// </summary>
internal static class PageTypesNames
{
    private static readonly (string Name, KPageFlags Flag)[] s_inOrder =
    [
        .. Enum.GetValues<KPageFlags>().Where(flag => flag != KPageFlags.None).Order().Select(flag => (NameOf(flag), flag)),
    ];

    /// <summary>The flag of the lowest bit whose name begins so, case ignored.</summary>
    public static bool TryFind(string beginning, out KPageFlags flag)
    {
        foreach ((string name, KPageFlags candidate) in s_inOrder)
        {
            if (beginning.Length > 0 && name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
            {
                flag = candidate;
                return true;
            }
        }

        flag = KPageFlags.None;
        return false;
    }

    private static string NameOf(KPageFlags flag) => flag switch
    {
        KPageFlags.ANON => "anonymous",
        KPageFlags.IDLE => "idle_page",
        KPageFlags.OWNER_2 => "mappedtodisk",
        _ => flag.ToString(),
    };
}
