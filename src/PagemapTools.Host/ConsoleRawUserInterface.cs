using System.Globalization;
using System.Management.Automation.Host;

namespace PagemapTools.Host;

/// <summary>The size of what is written to, and the keyboard: all that formatting and paging need of a terminal.</summary>
internal sealed class ConsoleRawUserInterface : PSHostRawUserInterface
{
    private const int RedirectedWidth = 120;
    private const int FallbackWidth = 80;
    private const int FallbackHeight = 24;

    private readonly ConsoleStreams streams;
    private Size? chosenSize;
    private string windowTitle = "";

    public ConsoleRawUserInterface(ConsoleStreams streams)
    {
        this.streams = streams;
        if (int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), CultureInfo.InvariantCulture, out int columns) && columns > 0)
        {
            chosenSize = new Size(columns, streams.OutputIsTerminal ? TerminalSize().Height : FallbackHeight);
        }
    }

    /// <summary>Scripts set it to widen what they write to a file, so it is kept.</summary>
    public override Size BufferSize
    {
        get => chosenSize ?? (streams.OutputIsTerminal ? TerminalSize() : new Size(RedirectedWidth, FallbackHeight));
        set => chosenSize = value;
    }

    public override Size WindowSize
    {
        get => BufferSize;
        set => BufferSize = value;
    }

    public override Size MaxWindowSize => BufferSize;

    public override Size MaxPhysicalWindowSize => BufferSize;

    public override Coordinates WindowPosition { get; set; }

    public override Coordinates CursorPosition { get; set; }

    public override int CursorSize { get; set; }

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override string WindowTitle
    {
        get => windowTitle;
        set => windowTitle = value;
    }

    public override bool KeyAvailable => Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        ConsoleKeyInfo key = Console.ReadKey(intercept: options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.Key is ConsoleKey.Enter ? '\r' : key.KeyChar, ControlKeys(key.Modifiers), keyDown: true);
    }

    public override void FlushInputBuffer()
    {
    }

    public override int LengthInBufferCells(char source) => IsWide(source) ? 2 : 1;

    public override int LengthInBufferCells(string source) => LengthInBufferCells(source, offset: 0);

    public override int LengthInBufferCells(string source, int offset)
    {
        string plain = PSHostUserInterface.GetOutputString(source, supportsVirtualTerminal: false);
        return plain.Skip(offset).Sum(LengthInBufferCells);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) =>
        throw new NotSupportedException("This host cannot read the terminal's contents.");

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents)
    {
    }

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
    }

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill)
    {
    }

    /// <summary>A serial line or a fresh pseudo-terminal may not know its size, and says 0.</summary>
    private static Size TerminalSize() => new(
        Console.WindowWidth is > 1 and int width ? width : FallbackWidth,
        Console.WindowHeight is > 1 and int height ? height : FallbackHeight);

    /// <summary>East Asian wide and fullwidth characters, as the engine counts them for its own host.</summary>
    private static bool IsWide(char character) => character is
        (>= '\u1100' and <= '\u115f') or '\u2329' or '\u232a'
        or (>= '\u2e80' and <= '\ua4cf' and not '\u303f')
        or (>= '\uac00' and <= '\ud7a3')
        or (>= '\uf900' and <= '\ufaff')
        or (>= '\ufe10' and <= '\ufe19')
        or (>= '\ufe30' and <= '\ufe6f')
        or (>= '\uff00' and <= '\uff60')
        or (>= '\uffe0' and <= '\uffe6');

    private static ControlKeyStates ControlKeys(ConsoleModifiers modifiers) =>
        (modifiers.HasFlag(ConsoleModifiers.Alt) ? ControlKeyStates.LeftAltPressed : 0)
        | (modifiers.HasFlag(ConsoleModifiers.Control) ? ControlKeyStates.LeftCtrlPressed : 0)
        | (modifiers.HasFlag(ConsoleModifiers.Shift) ? ControlKeyStates.ShiftPressed : 0);
}
