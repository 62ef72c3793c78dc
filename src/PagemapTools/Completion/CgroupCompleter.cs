using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PagemapTools.Procfs;

namespace PagemapTools.Completion;

/// <summary>Completes the directories of memory cgroups.</summary>
public sealed class CgroupCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        using ProcfsContext procfs = new();
        CgroupPaths cgroups = procfs.Cgroups;
        return Completions.Matching(
            wordToComplete,
            cgroups.GetAll().Order(StringComparer.Ordinal).Select(path => (path, $"inode {cgroups.GetInode(path)}")));
    }
}
