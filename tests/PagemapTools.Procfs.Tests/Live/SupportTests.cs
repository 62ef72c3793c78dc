using System.Diagnostics;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Privileged")]
public sealed class SupportTests
{
    [Fact]
    public void What_is_said_is_what_is_so()
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
