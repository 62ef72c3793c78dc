using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

[Trait("Tier", "Unit")]
public sealed class OverlayLayersTests
{
    [Theory]
    [InlineData("rw", new string[0])]
    [InlineData("rw,lowerdir=/lower,upperdir=/upper,workdir=/work,xino=off", new[] { "/lower", "/upper" })]
    [InlineData("ro,lowerdir=/a:/b::/data", new[] { "/a", "/b", "/data" })]
    [InlineData("ro,lowerdir+=/a:b,lowerdir+=/c,datadir+=/data", new[] { "/a:b", "/c", "/data" })]
    [InlineData(@"ro,lowerdir=/a\134:b:/with\040space\054comma,upperdir=/u:v", new[] { "/a:b", "/with space,comma", "/u:v" })]
    public void TheOptionsNameTheLayers(string options, string[] layers) => Assert.Equal(layers, OverlayLayers.Enumerate(options));

    [Theory]
    [InlineData("lowerdir=/disk/a,upperdir=/disk/b", false)]
    [InlineData("lowerdir=/disk/a:/remote/b,upperdir=/disk/c", true)]
    [InlineData("lowerdir=/disk/a,upperdir=/remote", true)]
    [InlineData("lowerdir=/remote2/a,upperdir=/disk/b", false)]
    [InlineData("lowerdir=/covered/a,upperdir=/disk/b", true)]
    [InlineData("lowerdir=/covered/disk/a,upperdir=/disk/b", false)]
    public void ALayerIsOnTheFileSystemOfItsDirectory(string options, bool mayHaveServer)
    {
        MountInfo overlay = Mount("/", "overlay", options);
        MountInfo[] mounts =
        [
            overlay, Mount("/disk", "ext4"), Mount("/remote", "fuse.sshfs"), Mount("/covered", "ext4"), Mount("/covered", "nfs4"), Mount("/covered/disk", "xfs"),
        ];

        Assert.Equal(mayHaveServer, OverlayLayers.MayHaveServer(overlay, new MountPoints(mounts)));
    }

    private static MountInfo Mount(string point, string fileSystem, string options = "rw") => new(1, 1, 0, 1, fileSystem, "/", point, options);
}
