using System.Reflection;
using System.Runtime.CompilerServices;

namespace PagemapTools.Tests.Support;

/// <summary>Makes objects of the library that have one text in every string, by setting their fields: a new property has the text, too.</summary>
/// <param name="text">The text.</param>
/// <param name="ownTexts">The texts of properties that nobody else chooses.</param>
internal sealed class HostileObjects(string text, IReadOnlyDictionary<string, string> ownTexts)
{
    private const int MaxDepth = 6;

    // A page in swap has the name of its swap area.
    private const ulong SwappedEntry = (1UL << 62) | (8 << 5);

    // Facts about a machine, which these read when they are needed.
    private static readonly HashSet<string> s_machine = ["SoftDirty", "MountedDevices", "NonSwapTypeLayout"];

    public object Create(Type type) => Create(type, string.Empty, 0)!;

    private object? Create(Type type, string property, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return ownTexts.GetValueOrDefault(property, text);
        }

        if (type.IsPrimitive)
        {
            return Convert.ChangeType(1, type, System.Globalization.CultureInfo.InvariantCulture);
        }

        if (type.IsArray || (type.IsInterface && type.IsGenericType))
        {
            return CreateList(type.IsArray ? type.GetElementType()! : type.GenericTypeArguments[^1], type, property, depth);
        }

        if (type.IsEnum || type.Assembly == typeof(object).Assembly)
        {
            return type.IsValueType ? Activator.CreateInstance(type) : null;
        }

        return type.Name == "PagemapEntry" ? Activator.CreateInstance(type, SwappedEntry)
            : depth == MaxDepth || type.IsAbstract || s_machine.Contains(type.Name) ? null
            : Fill(RuntimeHelpers.GetUninitializedObject(type), depth);
    }

    private Array? CreateList(Type element, Type type, string property, int depth)
    {
        Array list = Array.CreateInstance(element, 1);
        list.SetValue(Create(element, property, depth + 1), 0);
        return type.IsInstanceOfType(list) ? list : null;
    }

    private object Fill(object item, int depth)
    {
        for (Type? type = item.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                // The compiler names the field of the property P "<P>k__BackingField".
                string property = field.Name[0] == '<' ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name;
                field.SetValue(item, Create(field.FieldType, property, depth + 1));
            }
        }

        return item;
    }
}
