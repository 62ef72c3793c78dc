using System.Reflection;
using System.Runtime.CompilerServices;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests;

[Trait("Tier", "Unit")]
public sealed class PublicApiTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>To accept a change, compare the received file with the approved file and copy it over the approved file.</summary>
    [Fact]
    public void ThePublicSurfaceEqualsTheApprovedOne()
    {
        string approved = Path.Combine(GetSourceDirectory(), "PublicApi.approved.txt");
        string received = Path.Combine(AppContext.BaseDirectory, "PublicApi.received.txt");
        string actual = string.Concat(typeof(ProcfsContext).Assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).Select(Describe));
        File.WriteAllText(received, actual);
        Assert.True(File.ReadAllText(approved) == actual, $"The public surface has changed. If that is meant: cp {received} {approved}");
    }

    private static string Describe(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsAbstract && type.IsSealed ? "static class" : type.IsSealed ? "sealed class" : "class";
        IEnumerable<string> members = type.IsEnum
            ? Enum.GetNames(type).Select(name => $"{name} = {Convert.ToUInt64(Enum.Parse(type, name))}")
            : type.GetMembers(Declared).Where(IsVisible).Select(Describe).Order(StringComparer.Ordinal);
        string[] bases = [.. new[] { type.BaseType }.Where(ancestor => ancestor?.Assembly == type.Assembly).Select(ancestor => ancestor!.Name)];
        return $"{kind} {type.FullName}{(bases.Length > 0 ? $" : {bases[0]}" : string.Empty)}\n{string.Concat(members.Select(member => $"    {member}\n"))}";
    }

    // The compiler adds these members to every record.
    private static bool IsVisible(MemberInfo member) => member switch
    {
        _ when member.Name is "Equals" or "GetHashCode" or "ToString" or "PrintMembers" or "<Clone>$" or "Deconstruct" or "EqualityContract" => false,
        ConstructorInfo constructor => IsVisible((MethodBase)constructor) && !IsCopy(constructor),
        MethodInfo method => IsVisible((MethodBase)method) && !method.IsSpecialName,
        PropertyInfo property => property.GetMethod is { } getter && IsVisible((MethodBase)getter),
        FieldInfo field => field.IsPublic,
        _ => member is TypeInfo { IsNestedPublic: true },
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily;

    private static bool IsCopy(ConstructorInfo constructor) => constructor.GetParameters() is [var only] && only.ParameterType == constructor.DeclaringType;

    private static string Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"new({Describe(constructor.GetParameters())})",
        MethodInfo method => $"{(method.IsStatic ? "static " : string.Empty)}{FormatName(method.ReturnType)} {method.Name}({Describe(method.GetParameters())})",
        PropertyInfo property => $"{FormatName(property.PropertyType)} {property.Name} {{ get; {DescribeSetter(property)}}}",
        FieldInfo field => $"{(field.IsLiteral ? "const " : string.Empty)}{FormatName(field.FieldType)} {field.Name}",
        _ => member.Name,
    };

    private static string DescribeSetter(PropertyInfo property) => property.SetMethod is not { IsPublic: true } setter ? string.Empty
        : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ";

    private static string Describe(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(parameter =>
        $"{(parameter.ParameterType.IsByRef ? "ref " : string.Empty)}{FormatName(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : string.Empty)}"));

    private static string FormatName(Type type) =>
        type.IsByRef ? FormatName(type.GetElementType()!)
        : Nullable.GetUnderlyingType(type) is { } value ? $"{FormatName(value)}?"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(FormatName))}>"
        : type.Name;

    private static string GetSourceDirectory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
