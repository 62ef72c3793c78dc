using System.Reflection;

namespace PagemapTools.TestSupport;

/// <summary>
/// The tiers of the tests, for dotnet test --filter Tier=NAME. Unit tests need no kernel feature, Live tests need a kernel with pagemap,
/// and some tests of a Privileged class need root.
/// </summary>
internal static class Tiers
{
    private static readonly string[] s_names = ["Unit", "Live", "Privileged"];

    /// <summary>Returns the test classes whose Trait("Tier", ...) is missing or unknown.</summary>
    public static string[] FindClassesWithoutTier(Assembly tests) => [.. tests.GetTypes()
        .Where(type => !type.IsAbstract && type.GetMethods().Any(method => method.IsDefined(typeof(FactAttribute), inherit: true)))
        .Where(type => !type.GetCustomAttributes<TraitAttribute>().Any(trait => trait.Name == "Tier" && s_names.Contains(trait.Value, StringComparer.Ordinal)))
        .Select(type => type.FullName!)];
}
