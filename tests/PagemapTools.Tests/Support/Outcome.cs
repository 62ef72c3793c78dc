using System.Management.Automation;

namespace PagemapTools.Tests.Support;

/// <summary>The output, errors and messages of a script.</summary>
internal sealed class Outcome(IReadOnlyList<PSObject> output, PSDataStreams streams, ErrorRecord? termination)
{
    public IReadOnlyList<PSObject> Output => output;

    public IReadOnlyList<ErrorRecord> Errors { get; } = [.. streams.Error];

    public IReadOnlyList<string> Warnings { get; } = [.. streams.Warning.Select(record => record.Message)];

    public IReadOnlyList<string> Verbose { get; } = [.. streams.Verbose.Select(record => record.Message)];

    public IReadOnlyList<ProgressRecord> Progress { get; } = [.. streams.Progress];

    /// <summary>The error that ended the script early; null if the script ran to its end.</summary>
    public ErrorRecord? Termination => termination;
}

internal static class ObjectReading
{
    /// <summary>Converts a property's value as PowerShell does; null stays null.</summary>
    public static T? Get<T>(this PSObject item, string property)
    {
        PSPropertyInfo found = item.Properties[property] ?? throw new Xunit.Sdk.XunitException($"{item.BaseObject.GetType()} has no property {property}.");
        object? value = (found.Value as PSObject)?.BaseObject ?? found.Value;
        return value is null ? default : (T)LanguagePrimitives.ConvertTo(value, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), System.Globalization.CultureInfo.InvariantCulture);
    }

    public static string GetTypeName(this PSObject item) => item.BaseObject.GetType().Name;

    /// <summary>Returns one property of every object.</summary>
    public static T[] GetColumn<T>(this IEnumerable<PSObject> items, string property) => [.. items.Select(item => item.Get<T>(property)!)];

    /// <summary>Returns the error id without the name of the cmdlet.</summary>
    public static string GetErrorId(this ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];
}
