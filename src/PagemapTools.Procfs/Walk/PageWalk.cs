using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Walks a process: one run of pagemap entries after the other, in ascending order of address, each within one mapping. Entries of
/// pages that hold nothing may be among them.
/// </summary>
/// <example><code>while (walk.MoveNext()) { count += CountPresent(walk.Entries); }</code></example>
public sealed class PageWalk : IDisposable
{
    // The kernel walks 512 entries at a time under the target's lock (PAGEMAP_WALK_SIZE); this is 64 such steps.
    private const int BatchPages = 32 * 1024;

    private readonly ProcessAddressSpace _process;
    private readonly IEnumerator<MappingPart> _parts;
    private readonly PopulatedRegions _regions;
    private readonly RentedArray<ulong> _buffer = new(BatchPages);
    private MemoryMapping? _mapping;
    private ulong _position;
    private ulong _regionEnd;
    private int _length;

    /// <summary>Begins a walk of what the options name.</summary>
    public PageWalk(ProcessAddressSpace process, PageWalkOptions options)
        : this(process, MappingParts.Enumerate(process, options))
    {
    }

    /// <summary>Begins a walk of given parts; several walks of one process may take theirs from one source.</summary>
    internal PageWalk(ProcessAddressSpace process, IEnumerable<MappingPart> parts)
    {
        _process = process;
        _parts = parts.GetEnumerator();
        _regions = new PopulatedRegions(process.Pagemap);
    }

    /// <summary>The mapping that the current run lies in.</summary>
    public MemoryMapping Mapping => _mapping ?? throw new InvalidOperationException("MoveNext has not been called.");

    /// <summary>The address of the current run's first page.</summary>
    public ulong Address { get; private set; }

    /// <summary>The entries of the current run, one a page; valid until the next move.</summary>
    public ReadOnlySpan<ulong> Entries => _buffer.Array.AsSpan(0, _length);

    /// <summary>Reads the next run; false at the end of the address space.</summary>
    /// <exception cref="ProcfsException">The process has gone, or may not be read. What was delivered before stays true.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public bool MoveNext(CancellationToken cancellationToken = default)
    {
        while (_position >= _regionEnd)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_regions.TryNext(out _position, out _regionEnd))
            {
                continue;
            }

            if (!_parts.MoveNext())
            {
                _length = 0;
                return false;
            }

            MappingPart part = _parts.Current;
            _mapping = part.Mapping;
            _regions.Reset(part.Start, part.End, part.Categories);
        }

        cancellationToken.ThrowIfCancellationRequested();
        int wanted = (int)Math.Min(BatchPages, (_regionEnd - _position) >> PageGeometry.PageShift);
        Address = _position;
        _length = _process.Pagemap.Read(PageGeometry.ToPageIndex(_position), _buffer.Array.AsSpan(0, wanted));
        _position += (ulong)_length << PageGeometry.PageShift;

        // Below the end of the address space the kernel answers short only when the address space is gone.
        return _length > 0 ? true : throw _process.CreateExitedException();
    }

    /// <summary>Ends the walk.</summary>
    public void Dispose()
    {
        _parts.Dispose();
        _regions.Dispose();
        _buffer.Dispose();
    }
}
