using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>An argument that a cmdlet cannot parse gives a parameter binding error that quotes the argument.</summary>
[Trait("Tier", "Privileged")]
public sealed class BadInputTests
{
    [Theory]
    [InlineData("Get-ProcessPageMap -Id $PID -Address 0xzz", "0xzz")]
    [InlineData("Get-ProcessPageMap -Id $PID -Address heap", "heap")]
    [InlineData("Get-ProcessPageMap -Id $PID -Address 0x10000-0x1000z", "0x1000z")]
    [InlineData("Get-ProcessPageMap -Id $PID -Address 0x9000-0x3000", "0x9000-0x3000")]
    [InlineData("Get-ProcessPageMap -Id $PID -Address 0x3000-0x3000", "0x3000-0x3000")]
    [InlineData("Get-ProcessPageMap -Id $PID -Address 0x11112222333344445", "0x11112222333344445")]
    [InlineData("Get-ProcessPageMap -Id $PID -Address ''", "Address")]
    [InlineData("Get-ProcessPageMap -Id $PID -State Lost", "Lost")]
    [InlineData("Get-ProcessPageMap -Id $PID -Include Colour", "Colour")]
    [InlineData("Get-ProcessPageMap -Id $PID -Flag FANCY", "FANCY")]
    [InlineData("Get-ProcessPageMap -Id $PID -BitSpec anon,fancy", "fancy")]
    [InlineData("Get-ProcessPageMap -Id $PID -BitSpec '~'", "~")]
    [InlineData("Get-ProcessPageMap -Id $PID -BitSpec ''", "BitSpec")]
    [InlineData("Get-ProcessPageMap -Id twelve", "twelve")]
    [InlineData("Get-KPageFlags -Pfn 0xzz", "0xzz")]
    [InlineData("Get-KPageFlags -Pfn frame", "frame")]
    [InlineData("Get-KPageFlags -Pfn -1", "-1")]
    [InlineData("Get-KPageFlags -Pfn ''", "''")]
    [InlineData("Get-KPageCount 1.5", "1.5")]
    [InlineData("Get-KPageFlags -Pfn 1 -Count 0", "0")]
    [InlineData("Get-KPageFlags -AnyFlag FANCY", "FANCY")]
    [InlineData("Get-KPageFlags -NotFlag FANCY", "FANCY")]
    [InlineData("Get-KPageFlags -BitSpec lru,dirty=fancy", "fancy")]
    [InlineData("Get-KPageCount -Minimum few", "few")]
    [InlineData("Get-KPageCgroup -Pfn 0xzz", "0xzz")]
    [InlineData("Measure-KPageFlags -BitSpec =fancy", "fancy")]
    [InlineData("Measure-ProcessUss -Id $PID -Method Guess", "Guess")]
    public void ErrorQuotesInvalidInput(string script, string quoted)
    {
        using Session session = new();

        ErrorRecord error = session.GetTermination(script);

        Assert.IsAssignableFrom<ParameterBindingException>(error.Exception);
        Assert.Equal(ErrorCategory.InvalidArgument, GetCategory(error));
        Assert.Contains(quoted, error.Exception.Message);
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Name 'fine*', '['", "[")]
    [InlineData("Get-ProcessPageMap -Id $PID -Mapping '[heap]', '[a'", "[a")]
    [InlineData("Measure-ProcessUss -Name 'x[a'", "x[a")]
    [InlineData("Measure-ProcessUss -Mapping '[[]'", "[[]")]
    [InlineData("Measure-KPageFlags -Name '[a\u001b'", @"[a\u{1b}")]
    [InlineData("Clear-SoftDirty -Name '['", "[")]
    public void MalformedPatternIsABindingErrorThatQuotesIt(string script, string quoted)
    {
        using Session session = new();

        ErrorRecord error = session.GetTermination(script);

        Assert.StartsWith("ParameterArgumentValidationError", error.FullyQualifiedErrorId);
        Assert.Contains($"'{quoted}'", error.Exception.Message);
    }

    /// <summary>Every parameter of a type that the library parses, and every page frame number.</summary>
    [Fact]
    public void TextThatCannotBeParsedIsQuotedEscaped()
    {
        using Session session = new();
        session["text"] = "0-x\u001b]0;X\a\r\n\u009b\u202e";
        session["list"] = new object[] { "0x10", "\u001b]0;X\a\r\n\u009b\u202e" };
        (string Cmdlet, string Parameter, bool IsList)[] parsed =
        [
            .. from cmdlet in session.GetObjects("Get-Command -Module PagemapTools").Select(item => (CmdletInfo)item.BaseObject)
               from parameter in cmdlet.Parameters.Values
               let type = parameter.ParameterType.GetElementType()
               where parameter.Name is "Pfn" or "PhysicalAddress" || (type?.Namespace!.StartsWith("PagemapTools", StringComparison.Ordinal) == true && type.GetMethod("Parse", [typeof(string)]) is not null)
               select (cmdlet.Name, parameter.Name, type is not null),
        ];

        Assert.Superset(new HashSet<string> { "Address", "BitSpec", "Pfn", "PhysicalAddress" }, parsed.Select(each => each.Parameter).ToHashSet());
        foreach (string variable in (string[])["$text", "$list"])
        {
            Assert.All(parsed.Where(each => each.IsList || variable == "$text"), each =>
            {
                string message = session.GetTermination($"{each.Cmdlet} -{each.Parameter} {variable}").Exception.Message;
                Assert.Contains(@"\u{1b}]0;X\u{7}\u{d}\u{a}\u{9b}\u{202e}'", message, StringComparison.Ordinal);
                Assert.DoesNotContain(message, char.IsControl);
                Assert.DoesNotContain('\u202e', message);
            });
        }
    }

    [Theory]
    [InlineData("'0xzz' | Get-KPageFlags")]
    [InlineData("'frame' | Get-KPageCount")]
    [InlineData("'frame' | Get-KPageCgroup")]
    public void InvalidPipedFrameNumberReadsNothing(string script)
    {
        using Session session = new();

        Outcome outcome = session.Run(script + " | Stop-Upstream 1");

        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("0x80000000", 0x80000000UL)]
    [InlineData("0xffffffff", 0xffffffffUL)]
    [InlineData("0x80000000000", 0x80000000000UL)]
    [InlineData("2147483648", 0x80000000UL)]
    [InlineData("1e3", 1000UL)]
    public void CmdletReadsTypedFrameNumber(string typed, ulong number)
    {
        Require.Root();
        using Session session = new();

        Assert.Equal([number], session.GetObjects($"Get-KPageFlags {typed}").GetColumn<ulong>("Pfn"));
    }

    [Fact]
    public void FractionInAnArrayIsNotRounded()
    {
        using Session session = new();

        Assert.Contains("'1.4'", session.GetTermination("Get-KPageFlags 1.4, 2").Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-KPageFlags -Count 3 -Flag $null -AnyFlag $null -NotFlag $null -BitSpec $null -Cgroup $null")]
    [InlineData("Get-KPageCgroup -Count 3 -Cgroup $null")]
    [InlineData("Get-ProcessPageMap -Id $PID -Mapping $null -Address $null -State $null -Include $null -Flag $null -AnyFlag $null -NotFlag $null -BitSpec $null | Stop-Upstream 3")]
    [InlineData("Measure-ProcessUss -Id $PID -Mapping $null")]
    [InlineData("Measure-KPageFlags -Id $PID -Flag $null -AnyFlag $null -NotFlag $null -BitSpec $null")]
    public void NullFilterSelectsEverything(string command)
    {
        Require.Root();
        using Session session = new();

        Assert.NotEmpty(session.GetObjects(command));
    }

    [Fact]
    public void FrameNumberBeyondFileOffsetsGivesNoFrames()
    {
        Require.Root();
        using Session session = new();

        Assert.Empty(session.GetObjects("Get-KPageFlags 0x0fffffffffffffff -Count 4"));
    }

    [Fact]
    public void SavedCopyRejectsCgroupFilter()
    {
        using Session session = new();

        Assert.Equal("SavedFlagsAndCgroup,PagemapTools.Commands.GetKPageFlagsCommand", session.GetTermination("Get-KPageFlags -Path /dev/null -Cgroup 1").FullyQualifiedErrorId);
    }

    [Fact]
    public void InvalidFrameNumberDoesNotStopTheOthers()
    {
        Require.Root();
        using Session session = new();

        Outcome outcome = session.Run("'0x10', 'frame', 0x11 | Get-KPageFlags");

        Assert.Single(outcome.Errors);
        Assert.Equal([0x10UL, 0x11UL], outcome.Output.GetColumn<ulong>("Pfn"));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap")]
    [InlineData("Get-KPageFlags")]
    [InlineData("Get-KPageCount")]
    [InlineData("Get-KPageCgroup")]
    [InlineData("Measure-KPageFlags")]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Clear-SoftDirty -WhatIf")]
    public void UnsupportedObjectGivesAnErrorAndReadsNothing(string command)
    {
        Require.Root();
        using Session session = new();

        Outcome outcome = session.Run($"[version]'1.2' | {command} | Stop-Upstream 1");

        Assert.Equal(ErrorCategory.InvalidArgument, Assert.Single(outcome.Errors).CategoryInfo.Category);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void CmdletRejectsExclusiveTogetherWithShared()
    {
        using Session session = new();

        ErrorRecord error = session.GetTermination("Get-ProcessPageMap -Id $PID -Exclusive -Shared");

        Assert.Equal("ExclusiveAndShared", error.GetErrorId());
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
    }

    // The engine reports InvalidData for a number outside its range and InvalidArgument for every other error.
    private static ErrorCategory GetCategory(ErrorRecord error) =>
        error.CategoryInfo.Category == ErrorCategory.InvalidData && error.Exception is ParameterBindingException { ErrorId: "ParameterArgumentValidationError" or "ParameterArgumentTransformationError" }
            ? ErrorCategory.InvalidArgument
            : error.CategoryInfo.Category;
}
