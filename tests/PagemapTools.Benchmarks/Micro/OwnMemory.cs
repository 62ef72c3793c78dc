using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Benchmarks.Micro;

/// <summary>Memory of this process with one written page in each stride, to be read through its own pagemap.</summary>
internal sealed unsafe class OwnMemory : IDisposable
{
    private readonly nuint _length;
    private readonly nint _address;

    public OwnMemory(long pages, int stride)
    {
        _length = (nuint)((ulong)pages * PageGeometry.PageSize);
        _address = MemoryMap.Map(
            _length, MemoryMap.ProtectionRead | MemoryMap.ProtectionWrite, MemoryMap.MapPrivate | MemoryMap.MapAnonymous, null, 0);
        if (_address == 0)
        {
            throw new BenchmarkException($"{pages} pages cannot be mapped.");
        }

        for (long page = 0; page < pages; page += stride)
        {
            *(byte*)(_address + (nint)(page * (long)PageGeometry.PageSize)) = 1;
        }
    }

    public ulong Start => (ulong)_address;

    public ulong End => Start + _length;

    public ulong FirstPage => PageGeometry.ToPageIndex(Start);

    public void Dispose() => MemoryMap.Unmap(_address, _length);
}
