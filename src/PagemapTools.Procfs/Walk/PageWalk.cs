using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Walks a process. It reads one run of pagemap entries after the other, in ascending order of address. A run is within one mapping and
/// may have entries that are not populated.
/// </summary>
/// <example><code>while (walk.MoveNext()) { count += CountPresent(walk.Entries); }</code></example>
public sealed class PageWalk : IDisposable
{
    // The kernel walks 512 entries at a time under the mmap lock of the process (fs/proc/task_mmu.c, PAGEMAP_WALK_SIZE). A batch is 64
    // such steps.
    private const int BatchPages = 32 * 1024;

    private readonly ProcessAddressSpace _process;
    private readonly IEnumerator<MappingPart> _parts;
    private readonly PopulatedRegions _regions;
    private readonly RentedArray<ulong> _buffer = new(BatchPages);
    private MemoryMapping? _mapping;
    private ulong _position;
    private ulong _regionEnd;
    private int _length;

    /// <summary>Creates a walk.</summary>
    /// <param name="process">The process; it stays open.</param>
    /// <param name="options">The pages to walk.</param>
    public PageWalk(ProcessAddressSpace process, PageWalkOptions options)
        : this(process, MappingParts.Enumerate(process, options))
    {
    }

    /// <summary>Creates a walk of parts. Several walks of one process may share a source of parts.</summary>
    internal PageWalk(ProcessAddressSpace process, IEnumerable<MappingPart> parts)
    {
        _process = process;
        _parts = parts.GetEnumerator();
        _regions = new PopulatedRegions(process.Pagemap);
    }

    /// <summary>The mapping of the current run.</summary>
    public MemoryMapping Mapping => _mapping ?? throw new InvalidOperationException("MoveNext has not been called.");

    /// <summary>The address of the current run's first page.</summary>
    public ulong Address { get; private set; }

    /// <summary>The entries of the current run, one for each page; valid until the next call of <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<ulong> Entries => _buffer.Array.AsSpan(0, _length);

    /// <summary>Reads the next run; false at the end of the walk.</summary>
    /// <exception cref="ProcfsException">The process has exited, or the caller may not read it. Earlier runs are valid.</exception>
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
        int pages = (int)Math.Min(BatchPages, (_regionEnd - _position) >> PageGeometry.PageShift);
        Address = _position;
        _length = _process.Pagemap.Read(PageGeometry.ToPageIndex(_position), _buffer.Array.AsSpan(0, pages));
        _position += (ulong)_length << PageGeometry.PageShift;

        // Within a mapping the kernel returns no entries only if the process has exited or has executed another program.
        return _length > 0 ? true : throw _process.CreateExitedException();
    }

    /// <summary>Ends the walk and returns its buffers to their pool.</summary>
    public void Dispose()
    {
        _parts.Dispose();
        _regions.Dispose();
        _buffer.Dispose();
    }
}
