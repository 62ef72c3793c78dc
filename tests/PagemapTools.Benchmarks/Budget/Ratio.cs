using System.Globalization;

namespace PagemapTools.Benchmarks.Budget;

/// <summary>Ratios as people read them: 0.97, or 1/12 for small ones.</summary>
internal static class Ratio
{
    private const double WorthInverting = 0.4;

    public static string Format(double ratio) => ratio switch
    {
        double.NaN => "-",
        > 0 and < WorthInverting when ratio > 0.1 => string.Create(CultureInfo.InvariantCulture, $"1/{1 / ratio:0.0}"),
        > 0 and < WorthInverting => string.Create(CultureInfo.InvariantCulture, $"1/{1 / ratio:0}"),
        _ => ratio.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
