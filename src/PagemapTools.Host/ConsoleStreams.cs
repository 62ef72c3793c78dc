using System.Text;

namespace PagemapTools.Host;

/// <summary>
/// Standard output and standard error as one thing, because their order matters: output waits in a buffer unless a
/// person watches it, and must be out before an error, a prompt or a child process writes. On a terminal one passing
/// line (progress) may stand below both.
/// </summary>
internal sealed class ConsoleStreams : IDisposable
{
    private const string ClearLine = "\r\e[K";
    private const int BufferSize = 1 << 15;

    /// <summary>How long a reader of redirected output waits for what has been written, at most.</summary>
    private static readonly TimeSpan FlushDelay = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly StreamWriter output = Open(descriptor: 1);
    private readonly StreamWriter error = Open(descriptor: 2);
    private readonly Timer flushTimer;
    private bool flushPending;
    private bool passingLineShown;

    public ConsoleStreams()
    {
        flushTimer = new Timer(_ => Flush(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Console.SetOut(new RelayWriter(Write));
        Console.SetError(new RelayWriter(WriteError));
    }

    /// <summary>Raised once, when standard output cannot be written any longer; what is written later is dropped.</summary>
    public event EventHandler? OutputLost;

    public bool OutputIsTerminal { get; } = !Console.IsOutputRedirected;

    public bool ErrorIsTerminal { get; } = !Console.IsErrorRedirected;

    /// <summary>The status to end with once output is lost, else null.</summary>
    public int? OutputLostStatus { get; private set; }

    public void Write(string text)
    {
        lock (gate)
        {
            ClearPassingLine();
            if (OutputLostStatus is not null)
            {
                return;
            }

            TryOutput(() => output.Write(text));
            if (OutputIsTerminal)
            {
                TryOutput(output.Flush);
            }
            else if (!flushPending)
            {
                flushPending = true;
                flushTimer.Change(FlushDelay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void WriteLine(string text) => Write(text + "\n");

    public void WriteError(string text)
    {
        lock (gate)
        {
            Flush();
            TryError(text);
        }
    }

    public void WriteErrorLine(string text) => WriteError(text + "\n");

    /// <summary>Shows a line that the next one, or anything else, replaces. Only for a terminal.</summary>
    public void ShowPassingLine(string text)
    {
        lock (gate)
        {
            Flush();
            TryError(text);
            passingLineShown = true;
        }
    }

    public void ClearPassingLine()
    {
        lock (gate)
        {
            if (passingLineShown)
            {
                passingLineShown = false;
                TryError(ClearLine);
            }
        }
    }

    public void Flush()
    {
        lock (gate)
        {
            ClearPassingLine();
            flushPending = false;
            if (OutputLostStatus is null)
            {
                TryOutput(output.Flush);
            }
        }
    }

    /// <summary>The terminal has echoed ^C, and the shell's prompt comes next. Does not wait for a writer that is stuck.</summary>
    public void EndInterruptedLine()
    {
        if (ErrorIsTerminal && gate.TryEnter())
        {
            TryError("\n");
            gate.Exit();
        }
    }

    public void Dispose()
    {
        Flush();
        flushTimer.Dispose();
    }

    private static StreamWriter Open(int descriptor) =>
        new(new FileDescriptorStream(descriptor), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize);

    private void TryOutput(Action write)
    {
        try
        {
            write();
        }
        catch (IOException exception)
        {
            if (exception.HResult is FileDescriptorStream.BrokenPipe)
            {
                OutputLostStatus = ExitStatus.OutputClosed;
            }
            else
            {
                OutputLostStatus = ExitStatus.Failure;
                TryError($"Cannot write to standard output: {exception.Message}.\n");
            }

            OutputLost?.Invoke(this, EventArgs.Empty);
        }
    }

    private void TryError(string text)
    {
        try
        {
            error.Write(text);
            error.Flush();
        }
        catch (IOException)
        {
            // Nobody is left to tell.
        }
    }
}
