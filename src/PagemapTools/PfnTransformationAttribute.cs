using System.Management.Automation;

namespace PagemapTools;

/// <summary>
/// Page frame numbers as they are typed. PowerShell reads 0x80000000 as a negative number, nothing as 0, and rounds fractions.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PfnTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => ((inputData as PSObject)?.BaseObject ?? inputData) switch
    {
        int number when number < 0 && IsHex(inputData) => (ulong)unchecked((uint)number),
        long number when number < 0 && IsHex(inputData) => unchecked((ulong)number),
        double number when number != Math.Floor(number) => throw InvalidPfn(number),
        string { Length: 0 } => throw InvalidPfn(string.Empty),
        _ => inputData,
    };

    // The engine keeps with a number how it was written, where that is not how it would write it.
    private static bool IsHex(object typed) => typed.ToString()!.StartsWith("0x", StringComparison.OrdinalIgnoreCase);

    private static ArgumentTransformationMetadataException InvalidPfn(object value) => new($"'{value}' is no page frame number.");
}
