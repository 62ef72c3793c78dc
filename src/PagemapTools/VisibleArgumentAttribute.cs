using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace PagemapTools;

/// <summary>
/// Escapes an argument that the engine cannot convert to the type of its parameter. The error of the engine quotes the argument, and text
/// from a file, or the name of a process, may control the terminal. Every other argument reaches the engine as it is.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class VisibleArgumentAttribute(Type type) : ArgumentTransformationAttribute
{
    // The engine converts arguments in this culture. It ignores white space around a number or a name.
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? visible = Escape(inputData);
        return ReferenceEquals(visible, inputData) || LanguagePrimitives.TryConvertTo(inputData, type, CultureInfo.CurrentCulture, out _) ? inputData : visible;
    }

    /// <summary>Escapes the text of an argument, or of the items of a list; returns the same object if there is nothing to escape.</summary>
    internal static object? Escape(object? argument)
    {
        object? value = argument is PSObject wrapped ? wrapped.BaseObject : argument;
        if (value is IList list)
        {
            object?[] items = [.. list.Cast<object?>()];
            object?[] visibleItems = Array.ConvertAll(items, Escape);
            return visibleItems.SequenceEqual(items, ReferenceEqualityComparer.Instance) ? argument : visibleItems;
        }

        // Objects of the library write visible text. They come down the pipeline by the million.
        if (value is null || value.GetType() is { IsPrimitive: true } || value.GetType().Assembly == typeof(VisibleText).Assembly)
        {
            return argument;
        }

        string? text = value.ToString();
        string? visible = VisibleText.Escape(text);
        return visible == text ? argument : visible;
    }
}
