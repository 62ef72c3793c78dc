using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Holdings;

namespace PagemapTools.Procfs.Tests.Holdings;

[Trait("Tier", "Unit")]
public sealed class HoldingsReaderTests
{
    private const int Id = 7;

    /// <summary>The process passes to another program while the mappings of the first one are read.</summary>
    [Fact]
    public void HoldingsAreThoseOfOneProgram()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(1, "/one"), FormatLine(2, "/one-more"));
        bool isReplaced = false;
        HoldingsReader reader = new(new ProcRoot(tree.Path), _ => Replace(), _ => true);

        ProcessHoldings holdings = reader.Read(Id, TestContext.Current.CancellationToken);

        Assert.Equal(["/two"], holdings.Files.Select(file => file.Name));

        bool Replace()
        {
            if (!isReplaced)
            {
                isReplaced = true;
                tree.AddProcess(Id, FormatLine(3, "/two")).WriteStatus(Id, 'S', 0, start: 1);
            }

            return true;
        }
    }

    [Fact]
    public void AProcessThatExecutesProgramAfterProgramIsAnError()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, FormatLine(1, "/one"));
        ulong start = 0;
        HoldingsReader reader = new(new ProcRoot(tree.Path), _ => tree.WriteStatus(Id, 'S', 0, start: ++start) is not null, _ => true);

        ProcfsException failure = Assert.Throws<ProcfsException>(() => reader.Read(Id, TestContext.Current.CancellationToken));

        Assert.Equal((ProcfsError.ProcessNotFound, Id), (failure.Error, failure.ProcessId));
    }

    private static string FormatLine(int number, string path) => $"{number}0000000-{number}0001000 rw-s 00000000 08:01 {number} {path}";
}
