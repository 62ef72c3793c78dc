using System.Diagnostics;
using System.Globalization;
using PagemapTools.Fuzz;
using PagemapTools.Fuzz.Targets;

// --minutes N: how long; --inputs N: end after so many inputs; --target NAME: only this one; --replay FILE: check one input again.
Dictionary<string, string> options = args.Chunk(2).ToDictionary(pair => pair[0], pair => pair.ElementAtOrDefault(1) ?? string.Empty, StringComparer.Ordinal);
double minutes = double.Parse(options.GetValueOrDefault("--minutes", "0.17"), CultureInfo.InvariantCulture);
long maxInputs = long.Parse(options.GetValueOrDefault("--inputs", "9000000000000000000"), CultureInfo.InvariantCulture);

using SavedTree tree = new();
FuzzTarget[] targets = [.. TextTargets.Create(), .. WordTargets.Create(), .. FileTargets.Create(tree), .. TreeTargets.Create(tree)];
if (options.TryGetValue("--target", out string? name))
{
    targets = [.. targets.Where(target => target.Name == name)];
}

if (options.TryGetValue("--replay", out string? file))
{
    targets[0].Check(File.ReadAllBytes(file));
    Console.WriteLine("The input has all properties.");
    return 0;
}

FuzzRun run = new(targets);
Stopwatch clock = Stopwatch.StartNew();
run.Run(TimeSpan.FromMinutes(minutes), maxInputs);
foreach (FuzzResult result in run.Results)
{
    Console.WriteLine($"{result.Target.Name,-16}{result.Inputs,14:n0} inputs  {(result.Failure is null ? "passed" : $"FAILED\n{result.Failure}")}");
}

long inputs = run.Results.Sum(result => result.Inputs);
int failed = run.Results.Count(result => result.Failure is not null);
Console.WriteLine($"{inputs:n0} inputs in {clock.Elapsed.TotalSeconds:n0} s, {inputs / clock.Elapsed.TotalSeconds:n0} a second");
Console.WriteLine($"{run.Results.Count - failed} passed, {failed} failed, 0 skipped");
return failed == 0 ? 0 : 1;
