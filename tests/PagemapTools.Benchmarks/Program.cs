using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Micro;
using PagemapTools.Benchmarks.Reports;
using PagemapTools.Benchmarks.Verbs;

namespace PagemapTools.Benchmarks;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            return arguments switch
            {
                [StreamVerb.Name, .. string[] rest] => StreamVerb.Run(rest),
                [ImportVerb.Name, .. string[] rest] => ImportVerb.Run(rest),
                ["--micro", .. string[] rest] => MicroBenchmarks.Run(rest),
                _ => RunBudget(CommandLine.Parse(arguments)),
            };
        }
        catch (UsageException complaint)
        {
            Console.Error.WriteLine(complaint.Message);
            Console.Error.WriteLine(CommandLine.Usage);
            return ExitStatus.Usage;
        }
        catch (BenchmarkException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return ExitStatus.Failed;
        }
    }

    private static int RunBudget(CommandLine commandLine)
    {
        if (commandLine.IsHelp)
        {
            Console.Out.WriteLine(CommandLine.Usage);
            return ExitStatus.Met;
        }

        IReadOnlyList<RowResult> results;
        Machine machine = Machine.Read();
        using (Surroundings surroundings = new(commandLine))
        {
            results = new BudgetRun(surroundings, commandLine).Measure();
        }

        Console.Out.Write(commandLine.IsJson ? JsonReport.Format(machine, results) : TextReport.Format(machine, results));
        return results.All(result => result.Verdict == Verdict.Met) ? ExitStatus.Met : ExitStatus.NotMet;
    }
}
