using System.Globalization;
using System.Management.Automation;

namespace PagemapTools;

/// <summary>
/// Converts an argument to the type of its parameter, as the engine does. The engine would quote an argument that it cannot convert as it
/// is, and text from a file may control the terminal.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class VisibleConversionAttribute(Type type) : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        try
        {
            return LanguagePrimitives.ConvertTo(inputData, type, CultureInfo.InvariantCulture);
        }
        catch (PSInvalidCastException malformed)
        {
            // The message of a parser of the library is the whole explanation.
            throw CreateError((malformed.GetBaseException() as FormatException ?? (Exception)malformed).Message);
        }
    }

    /// <summary>Creates the error of an argument. Because it is an invalid cast, the engine tries to bind a piped object to another parameter.</summary>
    internal static ArgumentTransformationMetadataException CreateError(string message)
    {
        string visible = VisibleText.Escape(message);
        return new ArgumentTransformationMetadataException(visible, new PSInvalidCastException(visible));
    }
}
