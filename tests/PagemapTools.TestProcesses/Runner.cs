using System.Runtime.InteropServices;

namespace PagemapTools.TestProcesses;

/// <summary>Makes one test process and runs its steps from stdin until "exit", end of file or SIGTERM.</summary>
internal sealed class Runner(TestProcess process, Options options) : IDisposable
{
    private const int EndedBySignal = 128 + 15;

    private readonly Lock _gate = new();
    private readonly Context _context = new(options);
    private readonly List<PosixSignalRegistration> _signals = [];
    private int _step = options.GetNumber("step", 0);

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
                    throw new TestProcessException($"'{line}' is neither \"next\" nor \"exit\"");
                }

                Next(words.Length > 1 ? words[1] : "", skipped);
            }

            return 0;
        }
        catch (Exception e) when (e is TestProcessException or IOException or UnauthorizedAccessException or ArgumentException or FormatException)
        {
            Console.Error.WriteLine($"{process.Name}: {e.Message}");
            return 1;
        }
        finally
        {
            lock (_gate)
            {
                _context.Clear();
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
                process.Make(_context);
                options.RejectUnknown();
            }
            catch (SkippedException e)
            {
                _context.Clear();
                skipped = e.Message;
            }

            Report.Write(process.Name, _context, skipped, _step);
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
                process.Next(_context, _step, argument);
            }

            Report.Write(process.Name, _context, skipped, _step);
            _context.AfterReport?.Invoke();
        }
    }

    private void Quit(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_gate)
        {
            _context.Clear();
            Environment.Exit(EndedBySignal);
        }
    }
}
