namespace PagemapTools.Benchmarks.Budget;

/// <summary>The median, the minimum and the maximum of several measurements.</summary>
internal readonly record struct Spread(double Median, double Minimum, double Maximum)
{
    public static Spread FromValues(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            return new Spread(double.NaN, double.NaN, double.NaN);
        }

        int half = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
