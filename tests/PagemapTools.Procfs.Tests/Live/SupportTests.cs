using System.Diagnostics;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Privileged")]
public sealed class SupportTests
{
    [Fact]
    public void ReportedSupportEqualsActualSupport()
    {
        Require.Root();
        using Process other = UnprivilegedRunner.StartAsNobody(new ProcessStartInfo("sleep", ["600"]));
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
