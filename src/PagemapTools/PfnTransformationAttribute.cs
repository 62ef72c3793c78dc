using System.Management.Automation;

namespace PagemapTools;

/// <summary>
/// Accepts page frame numbers and physical addresses as they are typed. PowerShell alone would read 0x80000000 as a negative number and an empty string as 0, and
/// would round fractions.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PfnTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>What the numbers are, for the message of an error.</summary>
    public string Quantity { get; set; } = "page frame number";

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Unwrap(inputData) is object[] items ? Array.ConvertAll(items, Transform) : Transform(inputData);

    private object Transform(object item) => Unwrap(item) switch
    {
        int number when number < 0 && IsHex(item) => (ulong)unchecked((uint)number),
        long number when number < 0 && IsHex(item) => unchecked((ulong)number),
        double number when number != Math.Floor(number) => throw Invalid(number),
        string { Length: 0 } => throw Invalid(string.Empty),
        _ => item,
    };

    private static object Unwrap(object item) => (item as PSObject)?.BaseObject ?? item;

    // If the text of a number on the command line is not its default text, ToString returns the text of the command line.
    private static bool IsHex(object typed) => typed.ToString()!.StartsWith("0x", StringComparison.OrdinalIgnoreCase);

    private ArgumentTransformationMetadataException Invalid(object value) => new($"'{value}' is not a {Quantity}.");
}
