using System.Globalization;
using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that change page frames. Before each change they say what maps the page frame.</summary>
public abstract class FrameActionCommand : FrameTargetCommand
{
    private const int MaxMappingsToName = 4;

    private FrameControl? _control;

    private protected abstract FrameAction Action { get; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TryRead(() => new FrameControl(Procfs), out _control);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!MyInvocation.ExpectingInput && ParameterSetName == PfnSet && !MyInvocation.BoundParameters.ContainsKey(nameof(Pfn)))
        {
            ThrowTerminatingError(PagemapErrors.NoPageFrames());
        }

        foreach (ulong first in ParameterSetName == InputObjectSet ? GetFrames(InputObject!) : FrameNumbers)
        {
            for (ulong pfn = first; pfn - first < (ulong)Count; pfn++)
            {
                Change(pfn);
            }
        }
    }

    private ulong[] GetFrames(PageInfo page)
    {
        if (page.Pfn is null && page is ProcessPageInfo { State: PageState.Present })
        {
            Warn(ReadWarnings.HiddenPageFrames);
        }

        return page.Pfn is { } pfn ? [pfn] : [];
    }

    private void Change(ulong pfn)
    {
        if (TryRead(() => _control!.FindMappings(pfn, CancellationToken), out IReadOnlyList<PageInfo> uses)
            && ShouldProcess(string.Create(CultureInfo.InvariantCulture, $"page frame 0x{pfn:x} ({Describe(uses)})"), $"{Action}")
            && Apply(pfn, uses) is { } change)
        {
            WriteObject(change);
        }
    }

    /// <summary>Changes a page frame. A refusal concerns this page frame only.</summary>
    private FrameChange? Apply(ulong pfn, IReadOnlyList<PageInfo> uses)
    {
        try
        {
            return _control!.Apply(pfn, Action, uses);
        }
        catch (ProcfsException failure) when (failure.Error == ProcfsError.ReadFailed)
        {
            WriteFailure(failure);
        }
        catch (ProcfsException failure)
        {
            Report(failure);
        }

        return null;
    }

    private static string Describe(IReadOnlyList<PageInfo> uses)
    {
        FrameMapping[] mappings = [.. uses.OfType<FrameMapping>()];
        if (mappings.Length == 0)
        {
            return uses is [PageUseInfo use] ? $"no process was found to map it; use: {use.Use}" : "no such page frame";
        }

        string named = string.Join(", ", mappings.Take(MaxMappingsToName).Select(mapping =>
            string.Create(CultureInfo.InvariantCulture, $"process {mapping.ProcessId} ({mapping.ProcessName}) at 0x{mapping.Address:x}, {mapping.Mapping.Name}")));
        return $"mapped by {named}{(mappings.Length > MaxMappingsToName ? $" and {mappings.Length - MaxMappingsToName} more" : string.Empty)}";
    }
}
