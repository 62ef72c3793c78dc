using System.Runtime.InteropServices;

namespace PagemapTools.Zoo;

/// <summary>Makes one animal, and drives it from stdin until "exit", end of file or SIGTERM.</summary>
internal sealed class Keeper(Animal animal, Options options) : IDisposable
{
    private const int EndedBySignal = 128 + 15;

    private readonly Lock _gate = new();
    private readonly Habitat _habitat = new(options);
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _step = options.Number("step", 0);

    public int Run()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, Quit));
        }

        try
        {
            string? skipped = Make();
            while (StandardInput.ReadLine() is { } line && line is not "exit")
            {
                string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
                if (words[0] is not "next")
                {
                    throw new ZooException($"'{line}' is neither \"next\" nor \"exit\"");
                }

                Next(words.Length > 1 ? words[1] : "", skipped);
            }

            return 0;
        }
        catch (Exception e) when (e is ZooException or IOException or UnauthorizedAccessException or ArgumentException or FormatException)
        {
            Console.Error.WriteLine($"{animal.Name}: {e.Message}");
            return 1;
        }
        finally
        {
            lock (_gate)
            {
                _habitat.Clear();
            }
        }
    }

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private string? Make()
    {
        lock (_gate)
        {
            string? skipped = null;
            try
            {
                animal.Make(_habitat);
                options.RejectUnknown();
            }
            catch (SkippedException e)
            {
                _habitat.Clear();
                skipped = e.Message;
            }

            Report.Write(animal.Name, _habitat, skipped, _step);
            return skipped;
        }
    }

    private void Next(string argument, string? skipped)
    {
        lock (_gate)
        {
            _step++;
            if (skipped is null)
            {
                animal.Next(_habitat, _step, argument);
            }

            Report.Write(animal.Name, _habitat, skipped, _step);
            _habitat.AfterReport?.Invoke();
        }
    }

    private void Quit(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_gate)
        {
            _habitat.Clear();
            Environment.Exit(EndedBySignal);
        }
    }
}
