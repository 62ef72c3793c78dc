using System.Collections;

namespace PagemapTools.Procfs;

/// <summary>One source of parts for several walks: whoever asks gets the next one.</summary>
internal sealed class SharedParts(IEnumerable<WalkPart> parts) : IEnumerable<WalkPart>
{
    private readonly object _gate = new();
    private readonly IEnumerator<WalkPart> _source = parts.GetEnumerator();
    private bool _hasEnded;

    public IEnumerator<WalkPart> GetEnumerator()
    {
        while (TryTake(out WalkPart part))
        {
            yield return part;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes the source, once no walk takes from it any more.</summary>
    public void End() => _source.Dispose();

    private bool TryTake(out WalkPart part)
    {
        lock (_gate)
        {
            part = default;
            try
            {
                if (_hasEnded || !_source.MoveNext())
                {
                    _hasEnded = true;
                    return false;
                }
            }
            catch
            {
                // The one who met the failure reports it; the others find the source at its end.
                _hasEnded = true;
                throw;
            }

            part = _source.Current;
            return true;
        }
    }
}
