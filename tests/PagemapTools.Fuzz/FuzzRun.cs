using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace PagemapTools.Fuzz;

/// <summary>Checks the targets in turns, until the time or the number of inputs is reached. A target that failed has no more turns.</summary>
internal sealed class FuzzRun(IReadOnlyList<FuzzTarget> targets)
{
    private const int InputsPerNumber = 20;

    private static readonly TimeSpan s_reportInterval = TimeSpan.FromMinutes(5);
    private static readonly Config s_quiet = Config.QuickThrowOnFailure.WithQuietOnSuccess(true);

    public IReadOnlyList<FuzzResult> Results { get; } = [.. targets.Select(target => new FuzzResult(target))];

    public void Run(TimeSpan time, long maxInputs)
    {
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan nextReport = s_reportInterval;
        foreach (FuzzResult result in Results)
        {
            // Seeds are inputs, too.
            TurnOver(result, () => result.Target.Seeds.ToList().ForEach(seed => Count(result, seed)));
        }

        do
        {
            foreach (FuzzResult result in Results.Where(result => result.Failure is null && clock.Elapsed < time))
            {
                TurnOver(result, () => CheckTurn(result));
            }

            if (clock.Elapsed > nextReport)
            {
                Console.WriteLine($"{clock.Elapsed:hh\\:mm} {Results.Sum(result => result.Inputs):n0} inputs, {Results.Count(result => result.Failure is not null)} failures");
                nextReport = clock.Elapsed + s_reportInterval;
            }
        }
        while (clock.Elapsed < time && Results.Sum(result => result.Inputs) < maxInputs && Results.Any(result => result.Failure is null));
    }

    private static void CheckTurn(FuzzResult result)
    {
        Mutator mutator = new(result.Target.Seeds);

        // FsCheck chooses a number, and the mutator makes inputs from it: to choose takes longer than to make and to check one input.
        byte[] last = [];
        try
        {
            Arbitrary<int> numbers = Arb.From(Gen.Choose(0, int.MaxValue / InputsPerNumber));
            FsCheck.Check.One(s_quiet.WithMaxTest(result.Target.InputsPerTurn / InputsPerNumber), Prop.ForAll(numbers, number =>
            {
                for (int i = 0; i < InputsPerNumber; i++)
                {
                    last = mutator.Create((number * InputsPerNumber) + i);
                    Count(result, last);
                }
            }));
        }
        catch (Exception) when (result.Failure is not null)
        {
            // The shrinker removes what the failure does not need.
            Arbitrary<byte[]> failing = Arb.From(Gen.Constant(last), Mutator.Shrink);
            FsCheck.Check.One(s_quiet.WithMaxTest(1), Prop.ForAll(failing, input => Count(result, input)));
        }
    }

    private static void Count(FuzzResult result, byte[] input)
    {
        result.Inputs++;
        try
        {
            result.Target.Check(input);
        }
        catch (Exception failure)
        {
            // The last input that fails while FsCheck shrinks is the smallest.
            result.Failure = $"{Save(result.Target, input)}: {Encoding.Latin1.GetString(input)}\n{failure}";
            throw;
        }
    }

    private static void TurnOver(FuzzResult result, Action turn)
    {
        try
        {
            turn();
        }
        catch (Exception failure)
        {
            result.Failure ??= failure.ToString();
        }
    }

    private static string Save(FuzzTarget target, byte[] input)
    {
        string directory = Directory.CreateDirectory("out/fuzz").FullName;
        string path = Path.Join(directory, $"{target.Name}.bin");
        File.WriteAllBytes(path, input);
        return path;
    }
}
