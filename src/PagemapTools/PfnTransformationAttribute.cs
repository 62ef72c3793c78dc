using System.Globalization;
using System.Management.Automation;

namespace PagemapTools;

/// <summary>
/// Accepts page frame numbers, ranges of them (0x1000-0x1005) and physical addresses as they are typed. PowerShell alone would read
/// 0x80000000 as a negative number and an empty string as 0, and would round fractions.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PfnTransformationAttribute : ArgumentTransformationAttribute
{
    private const string PageFrameNumber = "page frame number";

    // A range becomes its numbers, 32 bytes each.
    private const ulong MaxRange = 1 << 20;

    /// <summary>What the numbers are, for the message of an error. Only page frame numbers have ranges.</summary>
    public string Quantity { get; set; } = PageFrameNumber;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (Unwrap(inputData) is object[] items)
        {
            return Array.Exists(items, IsRange) ? items.SelectMany(item => IsRange(item) ? Expand(item) : [Transform(item)]).ToArray() : Array.ConvertAll(items, Transform);
        }

        return IsRange(inputData) ? Expand(inputData) : Transform(inputData);
    }

    private bool IsRange(object item) => Quantity == PageFrameNumber && Unwrap(item) is string text && text.Contains('-', StringComparison.Ordinal);

    private static object[] Expand(object item)
    {
        string text = (string)Unwrap(item);
        try
        {
            FrameRange range = FrameRange.Parse(text);
            return range.Count <= MaxRange
                ? [.. Enumerable.Range(0, (int)range.Count).Select(index => (object)(range.First + (ulong)index))]
                : throw new ArgumentTransformationMetadataException(VisibleText.Escape($"The range '{text}' has more than {MaxRange} page frames. Use -Pfn with -Count."));
        }
        catch (FormatException malformed)
        {
            throw new ArgumentTransformationMetadataException(malformed.Message, malformed);
        }
    }

    private object Transform(object item) => Unwrap(item) switch
    {
        int number when number < 0 && IsHex(item) => (ulong)unchecked((uint)number),
        long number when number < 0 && IsHex(item) => unchecked((ulong)number),
        double number when number != Math.Floor(number) => throw Invalid(number),
        string text => text.Length > 0 && LanguagePrimitives.TryConvertTo(text, CultureInfo.InvariantCulture, out ulong number) ? number : throw Invalid(text),

        // Pages come through here one by one. The engine binds them to another parameter.
        _ => VisibleArgumentAttribute.Escape(item)!,
    };

    private static object Unwrap(object item) => (item as PSObject)?.BaseObject ?? item;

    // If the text of a number on the command line is not its default text, ToString returns the text of the command line.
    private static bool IsHex(object typed) => typed.ToString()!.StartsWith("0x", StringComparison.OrdinalIgnoreCase);

    private ArgumentTransformationMetadataException Invalid(object value) => VisibleConversionAttribute.CreateError($"'{value}' is not a {Quantity}.");
}
