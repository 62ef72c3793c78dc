using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Objects keep their property values through a file, a job or a remote session.</summary>
[Trait("Tier", "Privileged")]
public sealed class SerialisationTests
{
    private static readonly string[] s_commands =
    [
        "Get-ProcessPageMap -Id $id -Address $range -Include Flags, MapCount, Cgroup",
        "Get-ProcessPageMap -Id $id -Address $range -IncludeUnpopulated",
        "Get-ProcessPageMap -Id $id -Address $range -AsRange -Include Flags",
        "Get-KPageFlags 1, 2 -Raw",
        "Get-KPageCount 1, 2",
        "Get-KPageCgroup 1, 2",
        "Get-ProcessPageMap -Id $id -Address $range | Get-KPageMapping -Include Flags, MapCount, Cgroup",
        "Get-KPageMapping 1, 2",
        "Measure-KPageFlags -Id $id",
        "Measure-KPageFlags -ByKind",
        "Measure-KPageFlags -ByNode",
        "Measure-KPageCgroup",
        "Measure-FileCache /bin/sh -MappedBy -WarningAction Ignore",
        "Get-FilePageMap /bin/sh -Include All",
        "Measure-ProcessUss -Id $id -Method MapCount",
        "Measure-ProcessUss -Id $id -ByMapping",
        "Measure-ProcessHugePage -Id $id",
        "Measure-ProcessHugePage -Id $id -ByMapping",
        "Measure-ProcessUss -Id $id -Together -WarningAction Ignore",
        "Test-PagemapSupport",
    ];

    public static TheoryData<string> Commands => new(s_commands);

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryPropertySurvivesSerialisation(string command)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        foreach (PSObject item in session.GetObjects(command).Take(70))
        {
            PSObject back = RoundTrip(item);

            Assert.Equal("Deserialized." + item.BaseObject.GetType().FullName, back.TypeNames[0]);
            foreach (PSPropertyInfo property in item.Properties)
            {
                PSPropertyInfo? restored = back.Properties[property.Name];
                Assert.True(restored is not null, $"{property.Name} is lost.");
                Assert.Equal(Format(property.Value), Format(restored.Value));
            }
        }
    }

    [Fact]
    public void NumbersStayNumbers()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        PSObject page = RoundTrip(session.GetObjects(s_commands[0])[0]);

        foreach (string property in (string[])["Address", "Pfn", "MapCount", "CgroupInode", "RawFlags", "RawEntry"])
        {
            Assert.IsType<ulong>(page.Properties[property].Value);
        }

        Assert.Equal(target.Region.Start, page.Get<ulong>("Address"));
        Assert.IsType<bool>(page.Properties["IsExclusive"].Value);
        Assert.NotEqual(0UL, page.Get<ulong>("Flags"));
        Assert.Equal("Present", page.Properties["State"].Value.ToString());
        Assert.IsType<long>(RoundTrip(session.GetObjects("Measure-ProcessUss -Id $id").Single()).Properties["Uss"].Value);
    }

    [Fact]
    public void StatesAndKindsCompareEqualToTheirNames()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        // Serialises inside the session, because its type data sets how to serialise the objects.
        session.Run("filter RoundTrip { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, 1)) }");
        int written = target.Region.GetAddresses("written").Length;
        Assert.Equal(written, session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | RoundTrip | Where-Object State -EQ 'Present'").Count);
        Assert.Single(session.GetObjects("(Get-ProcessPageMap -Id $id -Address $range)[0].Mapping | RoundTrip | Where-Object Kind -EQ 'Anonymous'"));
        Assert.Single(session.GetObjects("Measure-ProcessUss -Id $id -Method Exclusive | RoundTrip | Where-Object Method -EQ 'Exclusive'"));
    }

    [Fact]
    public void MappingOfPageStaysReadable()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("memfd").Stop();
        using Session session = CreateSession(target);

        PSObject mapping = PSObject.AsPSObject(RoundTrip(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range")[0]).Properties["Mapping"].Value);

        Assert.Contains("/memfd:test", mapping.ToString());
        Assert.Contains("rw-s", mapping.ToString());
    }

    [Fact]
    public void DeserialisedPagesNameFramesAndProcesses()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);
        IReadOnlyList<PSObject> pages = session.GetObjects("Get-ProcessPageMap -Id $id -Address $range");
        session["back"] = pages.Select(RoundTrip).ToArray();

        Assert.Equal(pages.GetColumn<ulong>("Pfn"), session.GetObjects("$back | Get-KPageFlags").GetColumn<ulong>("Pfn"));
        Assert.Equal([target.ProcessId], session.GetObjects("$back[0] | Measure-ProcessUss").GetColumn<int>("ProcessId"));
    }

    [Fact]
    public void UnmeasuredValuesStayNull()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        PSObject page = RoundTrip(session.GetObjects("Get-ProcessPageMap -Id $id -Address $range -State Unpopulated")[0]);

        Assert.All((string[])["Pfn", "Flags", "MapCount", "CgroupInode", "SwapType", "SwapOffset"], property => Assert.Null(page.Properties[property].Value));
    }

    private static Session CreateSession(TargetProcess target)
    {
        Session session = new();
        session["id"] = target.ProcessId;
        session["range"] = target.Region.RangeText;
        return session;
    }

    // Remoting and jobs serialise one level deep, unless the type data sets another depth.
    private static PSObject RoundTrip(PSObject item) => PSObject.AsPSObject(PSSerializer.Deserialize(PSSerializer.Serialize(item, depth: 1)));

    private static string Format(object? value) => value switch
    {
        null => "",
        PSObject { BaseObject: System.Collections.IEnumerable and not string } or System.Collections.IEnumerable and not string => "a list",
        _ => value.ToString() ?? "",
    };
}
