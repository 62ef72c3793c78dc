using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that take files and directories, as Get-ChildItem does. A failure of one file does not end the others.</summary>
public abstract class FileTreeCommand : ProcessReadingCommand
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";
    private const int NamedMounts = 3;

    private readonly List<string> _skippedMounts = [];
    private bool _isPiped;

    /// <summary>Files and directories; wildcards are allowed. The default is the current directory.</summary>
    [Parameter(Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = ["."];

    /// <summary>Files and directories by their exact paths.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The names of the files that are taken from directories; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ValidateWildcards]
    public string? Filter { get; set; }

    /// <summary>Takes the directories below a directory, too.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Selects files of a directory by their names; null for all.</summary>
    private protected Func<string, bool>? NameFilter =>
        Filter is null ? null : WildcardPattern.Get(Filter, WildcardOptions.CultureInvariant).IsMatch;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _isPiped = MyInvocation.ExpectingInput && !MyInvocation.BoundParameters.ContainsKey(nameof(LiteralPath));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_skippedMounts.Count > 0)
        {
            WriteWarning($"{_skippedMounts.Count} mounts were not entered, because their file systems may have a server that does not answer, or have no page cache: "
                + $"{string.Join(", ", _skippedMounts.Take(NamedMounts))}{(_skippedMounts.Count > NamedMounts ? ", …" : string.Empty)}. A path there is read if it is given itself.");
        }
    }

    /// <summary>Remembers a mount that was not entered, for one warning.</summary>
    private protected void AddSkippedMount(string path) => _skippedMounts.Add(path);

    /// <summary>The paths of the current parameter set. Directories that a wildcard matches, or that come from the pipeline, are taken only with -Recurse: their files come, too.</summary>
    private protected IEnumerable<string> ResolvePaths() => ParameterSetName == LiteralPathSet
        ? LiteralPath.Select(GetUnresolvedProviderPathFromPSPath).Where(path => !_isPiped || Recurse || !Directory.Exists(path))
        : this.ResolveFiles(Path, Recurse);
}
