using System.Collections.Concurrent;
using System.Globalization;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// The names of users. A proc file system shows the user ids of the caller's user namespace, which the name service of this machine
/// names. A saved tree has the ids of another machine, which stay numbers. Safe to use from several threads.
/// </summary>
internal sealed class UserNames(ProcRoot root)
{
    private readonly ConcurrentDictionary<uint, string> _names = new();

    /// <summary>Gets the name of a user; the number if the user has no name here.</summary>
    public string Get(uint userId) => _names.TryGetValue(userId, out string? name) ? name : _names.GetOrAdd(userId, Find(userId));

    private string Find(uint userId)
    {
        byte[]? name = root.IsProcFileSystem ? PasswordDatabase.FindName(userId) : null;
        return name is { Length: > 0 } ? SeqFileText.Decode(name) : userId.ToString(CultureInfo.InvariantCulture);
    }
}
