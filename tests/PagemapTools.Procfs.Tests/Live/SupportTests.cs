using System.Diagnostics;

namespace PagemapTools.Procfs.Tests.Live;

public sealed class SupportTests
{
    [Fact]
    public void What_is_said_is_what_is_so()
    {
        Assert.SkipUnless(Rights.IsRoot, "only root can start a process of another user; LesserRightsTests looks at the others");
        using Process other = LesserUser.StartAsNobody(new ProcessStartInfo("sleep", ["600"]));
        try
        {
            SupportAgreement.Check(other.Id);
        }
        finally
        {
            other.Kill();
        }
    }
}
