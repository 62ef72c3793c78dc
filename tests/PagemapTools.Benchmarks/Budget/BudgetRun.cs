using PagemapTools.Benchmarks.Rows;

namespace PagemapTools.Benchmarks.Budget;

/// <summary>Measures rows; each turn measures both sides.</summary>
internal sealed class BudgetRun(Surroundings surroundings, CommandLine commandLine)
{
    public IReadOnlyList<RowResult> Measure()
    {
        BudgetRow[] rows =
        [
            new WalkRow(), new DenseUssRow(), new ScatteredUssRow(), new JoinRow(), new HistogramRow(),
            new EmitRow(), new PickRow(), new StreamRow(), new ImportRow(), new AllProcessesRow(), new GroupUssRow(),
            new FrameMappingRow(), new ManyFrameMappingsRow(), new SharingRow(), new FileCacheRow(), new HugePageRow(), new SnapshotRow(), new MapRow(), new WatchRow(),
            .. LatencyRow.CreateAll(),
        ];
        int[] unknown = [.. commandLine.Rows.Except(rows.Select(row => row.Number))];
        return unknown.Length == 0
            ? [.. rows.Where(row => commandLine.Rows.Count == 0 || commandLine.Rows.Contains(row.Number)).Select(Measure)]
            : throw new UsageException($"There is no row {string.Join(", ", unknown)}: the budget has {string.Join(", ", rows.Select(row => row.Number).Distinct())}.");
    }

    private RowResult Measure(BudgetRow row)
    {
        List<Turn> turns = [];
        try
        {
            surroundings.Say($"row {row.Number}: {row.Work}");
            row.Prepare(surroundings);
            row.WarmUp();
            for (int i = 1; i <= commandLine.Turns; i++)
            {
                Turn turn = new(MeasureAfterCollection(row.MeasureOurs), MeasureAfterCollection(row.MeasureTheirs), MeasureAfterCollection(row.MeasureAside));
                turns.Add(turn);
                surroundings.Say(FormattableString.Invariant(
                    $"row {row.Number}, turn {i} of {commandLine.Turns}: {turn.Ours.Amount:0.##} against {turn.Theirs.Amount:0.##}, ratio {Ratio.Format(turn.Ratio)}"));
            }

            return new RowResult(row, turns, null, IsSkipped: false);
        }
        catch (SkippedException missing)
        {
            surroundings.Say($"row {row.Number}: skipped: {missing.Message}");
            return new RowResult(row, turns, missing.Message, IsSkipped: true);
        }
        catch (Exception failure) when (failure is not UsageException)
        {
            surroundings.Say($"row {row.Number}: failed: {failure.Message}");
            return new RowResult(row, turns, failure.Message, IsSkipped: false);
        }
        finally
        {
            (row as IDisposable)?.Dispose();
        }
    }

    /// <summary>Measures one side. The collection before it keeps the garbage of the other side out of the result.</summary>
    private static Sample MeasureAfterCollection(Func<double> measure)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        double start = CpuClock.Read();
        double amount = measure();
        return new Sample(amount, CpuClock.Read() - start);
    }
}
