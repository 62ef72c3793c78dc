using System.Text;

namespace PagemapTools.Host;

/// <summary>Leads <c>[Console]::Out</c> and <c>[Console]::Error</c> of a script into the host's streams, in order.</summary>
internal sealed class RelayWriter(Action<string> write) : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => write(value.ToString());

    public override void Write(string? value) => write(value ?? "");

    public override void Write(char[] buffer, int index, int count) => write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => write(buffer.ToString());

    public override void WriteLine() => write("\n");

    public override void WriteLine(string? value) => write(value + "\n");
}
