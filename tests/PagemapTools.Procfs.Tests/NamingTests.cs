using Mono.Cecil;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests;

/// <summary>The rules for names in CONTRIBUTING.md that an analyzer cannot check, for the library and the module.</summary>
[Trait("Tier", "Unit")]
public sealed class NamingTests
{
    private static readonly HashSet<string> s_forbiddenFirstWords =
        ["Of", "Met", "Look", "Looks", "Asked", "Told", "Held", "Kept", "Settled", "Blind", "Gone", "Most", "Fewest", "Largest", "Smallest"];

    public static TheoryData<string> Assemblies => [typeof(ProcRoot).Assembly.Location, FindModule()];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void NoMethodBeginsWithAForbiddenWord(string assembly) =>
        AssertNone(assembly, method => s_forbiddenFirstWords.Contains(GetFirstWord(method.Name)));

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void EachCancellationTokenHasItsNameAndIsLast(string assembly) =>
        AssertNone(assembly, method => method.Parameters.Any(parameter =>
            parameter.ParameterType.FullName == typeof(CancellationToken).FullName
            && (parameter.Name != "cancellationToken" || parameter.Index != method.Parameters.Count - 1)));

    private static void AssertNone(string assembly, Func<MethodDefinition, bool> isWrong)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(assembly);

        // Names of what the compiler generates, such as lambdas and local functions, have a '<'.
        MethodDefinition[] methods =
        [
            .. module.GetTypes().Where(type => !type.FullName.Contains('<', StringComparison.Ordinal)).SelectMany(type => type.Methods)
                .Where(method => !method.IsGetter && !method.IsSetter && !method.Name.Contains('<', StringComparison.Ordinal)),
        ];
        Assert.NotEmpty(methods);
        string[] wrong = [.. methods.Where(isWrong).Select(method => method.FullName)];
        Assert.True(wrong.Length == 0, string.Join(Environment.NewLine, wrong));
    }

    private static string GetFirstWord(string name)
    {
        int end = name.AsSpan(1).IndexOfAnyInRange('A', 'Z');
        return end < 0 ? name : name[..(end + 1)];
    }

    private static string FindModule()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string module = Path.Join(directory.FullName, "out/PagemapTools/bin/PagemapTools.dll");
            if (File.Exists(module))
            {
                return module;
            }
        }

        throw new InvalidOperationException($"out/PagemapTools/bin/PagemapTools.dll does not exist above {AppContext.BaseDirectory}: build the solution first.");
    }
}
