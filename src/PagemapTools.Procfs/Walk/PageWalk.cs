using System.Runtime.ExceptionServices;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Walk;

/// <summary>
/// Walks a process. It reads one run of pagemap entries after the other, in ascending order of address. A run is within one mapping and
/// may have entries that are not populated. Small neighbours are read together: most mappings of a process have a few pages.
/// </summary>
/// <example><code>while (walk.MoveNext()) { count += CountPresent(walk.Entries); }</code></example>
public sealed class PageWalk : IDisposable
{
    // The kernel walks 512 entries at a time under the mmap lock of the process (fs/proc/task_mmu.c, PAGEMAP_WALK_SIZE). A batch is 64
    // such steps.
    private const int BatchPages = 32 * 1024;

    // Measured: a call of pread costs as much as about 64 superfluous entries.
    private const ulong MaxGapPages = 64;

    // Bounds the regions of one read.
    private const int MaxRegionsPerRead = 256;

    private readonly ProcessAddressSpace _process;
    private readonly IEnumerator<MappingPart> _parts;
    private readonly PopulatedRegions _regions;
    private readonly List<MappingPart> _next = [];
    private readonly RentedArray<ulong> _buffer = new(BatchPages);
    private MappingPart _part;
    private MappingPart _region;
    private ProcfsException? _failure;
    private int _taken;
    private ulong _position;
    private ulong _bufferStart;
    private int _bufferLength;
    private int _first;
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
    public MemoryMapping Mapping => _region.Mapping ?? throw new InvalidOperationException("MoveNext has not been called.");

    /// <summary>The address of the current run's first page.</summary>
    public ulong Address { get; private set; }

    /// <summary>The entries of the current run, one for each page; valid until the next call of <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<ulong> Entries => _buffer.Array.AsSpan(_first, _length);

    /// <summary>Reads the next run; false at the end of the walk.</summary>
    /// <exception cref="ProcfsException">The process has exited, or the caller may not read it. Earlier runs are valid.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public bool MoveNext(CancellationToken cancellationToken = default)
    {
        if (_position >= _region.End)
        {
            if (_taken == _next.Count)
            {
                _next.Clear();
                _taken = 0;
                if (!TryFindNext(cancellationToken))
                {
                    _length = 0;
                    return false;
                }
            }

            _region = _next[_taken++];
            _position = _region.Start;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_position - _bufferStart >= (ulong)_bufferLength << PageGeometry.PageShift)
        {
            Read(cancellationToken);
        }

        Address = _position;
        _first = (int)((_position - _bufferStart) >> PageGeometry.PageShift);
        _length = (int)Math.Min((ulong)(_bufferLength - _first), (_region.End - _position) >> PageGeometry.PageShift);
        _position += (ulong)_length << PageGeometry.PageShift;
        return true;
    }

    /// <summary>Ends the walk and returns its buffers to their pool.</summary>
    public void Dispose()
    {
        _parts.Dispose();
        _regions.Dispose();
        _buffer.Dispose();
    }

    /// <summary>Reads the entries from the current position on, and those of the next regions if one read of all costs less.</summary>
    private void Read(CancellationToken cancellationToken)
    {
        ulong limit = _position + ((ulong)BatchPages << PageGeometry.PageShift);
        ulong end = Math.Min(_region.End, limit);
        if (end == _region.End)
        {
            ExtendToNext(ref end, limit, cancellationToken);
        }

        _bufferStart = _position;
        _bufferLength = _process.Pagemap.Read(
            PageGeometry.ToPageIndex(_position), _buffer.Array.AsSpan(0, (int)((end - _position) >> PageGeometry.PageShift)));

        // Within a mapping the kernel returns no entries only if the process has exited or has executed another program.
        if (_bufferLength == 0)
        {
            throw _process.CreateExitedException();
        }
    }

    private void ExtendToNext(ref ulong end, ulong limit, CancellationToken cancellationToken)
    {
        _next.RemoveRange(0, _taken);
        _taken = 0;
        int index = 0;
        bool isNear = true;
        while (isNear && index < MaxRegionsPerRead && (index < _next.Count || TryLookAhead(cancellationToken)))
        {
            MappingPart next = _next[index++];
            isNear = next.End <= limit && next.Start - end <= MaxGapPages << PageGeometry.PageShift;
            end = isNear ? next.End : end;
        }
    }

    /// <summary>Finds the region after those that were found before. A failure is thrown when that region is due.</summary>
    private bool TryLookAhead(CancellationToken cancellationToken)
    {
        try
        {
            return _failure is null && TryFindNext(cancellationToken);
        }
        catch (ProcfsException failure)
        {
            _failure = failure;
            return false;
        }
    }

    private bool TryFindNext(CancellationToken cancellationToken)
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        ulong start;
        ulong end;
        while (!_regions.TryNext(out start, out end))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_parts.MoveNext())
            {
                return false;
            }

            _part = _parts.Current;
            _regions.Reset(_part.Start, _part.End, _part.Categories);
        }

        _next.Add(_part with { Start = start, End = end });
        return true;
    }
}
