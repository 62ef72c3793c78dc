using System.Reflection;

namespace PagemapTools.TestSupport;

/// <summary>
/// The tiers of the tests, for dotnet test --filter Tier=NAME. Unit: pure. Live: a Linux kernel with pagemap. Privileged: some tests of
/// the class need root.
/// </summary>
internal static class Tiers
{
    private static readonly string[] s_names = ["Unit", "Live", "Privileged"];

    /// <summary>The names of the classes with tests whose Trait("Tier", ...) is missing or unknown.</summary>
    public static string[] FindClassesWithoutTier(Assembly tests) => [.. tests.GetTypes()
        .Where(type => !type.IsAbstract && type.GetMethods().Any(method => method.IsDefined(typeof(FactAttribute), inherit: true)))
        .Where(type => !type.GetCustomAttributes<TraitAttribute>().Any(trait => trait.Name == "Tier" && s_names.Contains(trait.Value, StringComparer.Ordinal)))
        .Select(type => type.FullName!)];
}
