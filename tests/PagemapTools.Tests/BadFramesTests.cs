using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Disable-KPage and Enable-KPage in an engine. Nothing is changed here: each command has -WhatIf or fails before.</summary>
[Trait("Tier", "Privileged")]
public sealed class BadFramesTests
{
    [Theory]
    [InlineData("Disable-KPage -Pfn $pfn", "SoftOffline")]
    [InlineData("Disable-KPage -PhysicalAddress $address -Mode HardOffline", "HardOffline")]
    [InlineData("Get-KPageFlags $pfn | Disable-KPage -Mode Poison", "Poison")]
    [InlineData("Enable-KPage $pfn", "Unpoison")]
    public void TheQuestionSaysWhoMapsThePageFrame(string command, string action)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        ulong address = target.Region.GetAddresses("written")[0];
        ulong pfn = KernelFile.ReadPagemap(target.ProcessId, address, 1)[0] & PagemapBits.Frame;
        ScreenHost screen = new();
        using Session session = new(screen);
        session["pfn"] = pfn;
        session["address"] = pfn * KernelFile.PageSize;
        session["WhatIfPreference"] = true;
        Assert.Empty(session.GetObjects(command));
        string text = string.Concat(screen.Lines);
        Assert.Contains($"\"{action}\"", text, StringComparison.Ordinal);
        Assert.Contains($"page frame 0x{pfn:x} (mapped by process {target.ProcessId} (", text, StringComparison.Ordinal);
        Assert.Contains($"at 0x{address:x}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Disable-KPage")]
    [InlineData("Enable-KPage")]
    public void BothAskBeforeAPageFrameIsChanged(string command)
    {
        using Session session = new();
        CmdletInfo cmdlet = (CmdletInfo)session.GetObjects($"Get-Command {command}")[0].BaseObject;
        CmdletAttribute attribute = (CmdletAttribute)Attribute.GetCustomAttribute(cmdlet.ImplementingType, typeof(CmdletAttribute))!;
        Assert.Equal((true, ConfirmImpact.High), (attribute.SupportsShouldProcess, attribute.ConfirmImpact));
        Assert.Equal("NoPageFrames", session.GetTermination(command).GetErrorId());
    }

    [Fact]
    public void OnlyTheThreeModesCanBeGiven()
    {
        using Session session = new();
        Assert.Contains("Unpoison", session.GetTermination("Disable-KPage 1 -Mode Unpoison -WhatIf").Exception.Message, StringComparison.Ordinal);
    }
}
