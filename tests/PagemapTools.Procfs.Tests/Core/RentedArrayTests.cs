using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class RentedArrayTests
{
    [Fact]
    public void DisposingTwiceReturnsTheArrayOnce()
    {
        // Nothing else rents an array of this size.
        const int Length = 7 << 20;
        RentedArray<ulong> first = new(Length);
        Assert.True(first.Array.Length >= Length);
        first.Dispose();
        first.Dispose();
        using RentedArray<ulong> second = new(Length);
        using RentedArray<ulong> third = new(Length);
        Assert.NotSame(second.Array, third.Array);
    }

    [Fact]
    public void ADisposedArrayThrows()
    {
        RentedArray<byte> array = new(16);
        array.Dispose();
        Assert.Throws<ObjectDisposedException>(() => array.Array);
    }
}
