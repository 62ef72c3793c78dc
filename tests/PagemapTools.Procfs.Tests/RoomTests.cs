using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests;

/// <summary>The rooms of the library, as docs/architecture.md lists them: a room uses only rooms below it.</summary>
[Trait("Tier", "Unit")]
public sealed class RoomTests
{
    private const string Root = "PagemapTools.Procfs";

    private static readonly string[] s_roomsBottomFirst =
        ["Native", "Core", "Entries", "Processes", "Frames", "Machine", "Walk", "SharedMemory", "Holdings", "Pages", "MemoryUse", "Cells", "ReverseMap", "FrameActions", "Uss", "HugePages", "WorkingSet", "Groups", "Metrics", "Sharing", "Comparison", "SharedObjects", "FileCache", "Snapshots", "Reports", "Support"];

    private static readonly string[] s_numbers =
        [.. ((System.Type[])[typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(short), typeof(ushort), typeof(byte), typeof(double), typeof(Version)]).Select(type => type.FullName!)];

    private static readonly Architecture s_library = new ArchLoader().LoadAssemblies(typeof(ProcRoot).Assembly).Build();

    [Fact]
    public void EachTypeIsInARoom() =>
        Assert.Empty(s_library.Types.Where(type => GetFloor(type) < 0 && type.Namespace.FullName.StartsWith(Root, StringComparison.Ordinal)).Select(type => type.FullName));

    [Fact]
    public void LowerRoomsDoNotUseHigherOnes()
    {
        IEnumerable<string> upward = s_library.Types
            .SelectMany(type => type.Dependencies, (type, dependency) => (From: type, To: dependency.Target))
            .Where(use => GetFloor(use.From) >= 0 && GetFloor(use.To) > GetFloor(use.From))
            .Select(use => $"{use.From.FullName} -> {use.To.FullName}")
            .Distinct().Order();
        Assert.Empty(upward);
    }

    /// <summary>
    /// ProcText and ProcLineReader read within bounds. The classes of the framework read a file to its end, however long it is.
    /// ReplacedFile only writes.
    /// </summary>
    [Fact]
    public void NoTypeReadsFilesWithoutBound() => Assert.Empty(
        from type in s_library.Types
        where type.Namespace.FullName.StartsWith(Root, StringComparison.Ordinal) && type.Name != "ReplacedFile"
        from dependency in type.Dependencies
        where dependency.Target.FullName is "System.IO.File" or "System.IO.FileStream" or "System.IO.StreamReader"
        select $"{type.FullName} -> {dependency.Target.FullName}");

    /// <summary>SECURITY.md lists the files that the library writes. They are opened by these types.</summary>
    [Fact]
    public void OnlyTheseTypesWrite() => Assert.Equal(
        ["ClearRefs", "FrameControl", "IdleBitmap", "PrivateDirectory", "ReplacedFile"],
        (from type in s_library.Types
         where type.Namespace.FullName.StartsWith(Root, StringComparison.Ordinal)
         from dependency in type.Dependencies
         where dependency.Target.FullName is "System.IO.File" or "System.IO.FileStream"
             || (dependency is MethodCallDependency { TargetMember: var member }
                 && (member.Name.StartsWith("OpenForWriting(", StringComparison.Ordinal) || member.FullName.Contains("System.IO.Directory::Create", StringComparison.Ordinal)
                     || member.FullName.Contains("System.IO.RandomAccess::Write", StringComparison.Ordinal)))
         select type.Name).Distinct().Order(StringComparer.Ordinal));

    /// <summary>The parsers of the framework accept white space, signs and NULs. ProcNumber alone calls them, for what a user types.</summary>
    [Fact]
    public void NumbersAreParsedInOnePlace() => Assert.Empty(
        from type in s_library.Types
        where type.Namespace.FullName.StartsWith(Root, StringComparison.Ordinal) && type.Name != nameof(ProcNumber)
        from call in type.Dependencies.OfType<MethodCallDependency>()
        where s_numbers.Contains(call.Target.FullName, StringComparer.Ordinal)
            && (call.TargetMember.Name.StartsWith("Parse(", StringComparison.Ordinal) || call.TargetMember.Name.StartsWith("TryParse(", StringComparison.Ordinal))
        select $"{type.FullName} -> {call.TargetMember.FullName}");

    private static int GetFloor(IType type)
    {
        string room = type.Namespace?.FullName is { } name && name.StartsWith(Root + ".", StringComparison.Ordinal) ? name[(Root.Length + 1)..] : "";
        return Array.IndexOf(s_roomsBottomFirst, room);
    }
}
