namespace PagemapTools.Host;

/// <summary>What is said to someone who gives no script.</summary>
internal static class Usage
{
    public const string Hint = "Give --help for how to use it.";

    public const string Text = """
        Runs a script in an embedded PowerShell engine with the module PagemapTools imported,
        for machines without pwsh.

        Usage: dotnet run --project src/PagemapTools.Host -- [options] '<script>'
               dotnet run --project src/PagemapTools.Host -- [options] -File <path> [argument ...]

          '<script>'        the script; several words are joined by spaces
          -                 reads the script from standard input
          -Command <words>  the same as '<script>', for one that begins with a dash
          -File <path>      runs a .ps1 file with the arguments that follow
          -Module <path>    imports another module, or another build of this one
          -Help             this text

        Only the core commands of PowerShell are here (Where-Object, ForEach-Object, Get-Help, Get-Command, ...).
        Sort-Object, Group-Object, Format-Table, Export-Csv and the like need the full PowerShell.

        Output is formatted for the terminal's width, and for 120 columns if it goes elsewhere; COLUMNS overrides both.
        NO_COLOR turns colour off. Standard output carries the script's output and nothing else: errors, warnings,
        verbose and debug messages, progress and questions go to standard error. A question that gets no answer,
        because standard input has ended, is an error.

        Exit status: 0; 1 if an error was written or ended the script; n after 'exit n'; 64 for a wrong command line;
        128 and the signal's number if a signal ended it (130 for Ctrl+C; 141 if nobody reads the output any longer).

        Examples:
          dotnet run --project src/PagemapTools.Host -- 'Test-PagemapSupport'
          dotnet run --project src/PagemapTools.Host -- 'Measure-ProcessUss -Id $PID'
        """;
}
