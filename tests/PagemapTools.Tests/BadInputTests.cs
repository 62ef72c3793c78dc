using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>What cannot be understood is a parameter binding error that quotes it.</summary>
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
    [InlineData("Get-KPageFlags -Pfn 1 -Count 0", "0")]
    [InlineData("Get-KPageFlags -AnyFlag FANCY", "FANCY")]
    [InlineData("Get-KPageFlags -NotFlag FANCY", "FANCY")]
    [InlineData("Get-KPageFlags -BitSpec lru,dirty=fancy", "fancy")]
    [InlineData("Get-KPageCount -Minimum few", "few")]
    [InlineData("Get-KPageCgroup -Pfn 0xzz", "0xzz")]
    [InlineData("Measure-KPageFlags -BitSpec =fancy", "fancy")]
    [InlineData("Measure-ProcessUss -Id $PID -Method Guess", "Guess")]
    public void Input_that_makes_no_sense_is_quoted(string script, string quoted)
    {
        using Session session = new();

        ErrorRecord error = session.Termination(script);

        Assert.IsAssignableFrom<ParameterBindingException>(error.Exception);
        Assert.Equal(ErrorCategory.InvalidArgument, Category(error));
        Assert.Contains(quoted, error.Exception.Message);
    }

    [Theory]
    [InlineData("'0xzz' | Get-KPageFlags")]
    [InlineData("'frame' | Get-KPageCount")]
    [InlineData("'frame' | Get-KPageCgroup")]
    public void A_frame_number_from_the_pipeline_that_makes_no_sense_reads_nothing(string script)
    {
        using Session session = new();

        Outcome outcome = session.Run(script + " | Stop-Upstream 1");

        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void A_frame_number_that_makes_no_sense_does_not_keep_the_others_from_being_read()
    {
        Machine.NeedsRoot();
        using Session session = new();

        Outcome outcome = session.Run("'0x10', 'frame', 0x11 | Get-KPageFlags");

        Assert.Single(outcome.Errors);
        Assert.Equal([0x10UL, 0x11UL], outcome.Output.Column<ulong>("Pfn"));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap")]
    [InlineData("Get-KPageFlags")]
    [InlineData("Get-KPageCount")]
    [InlineData("Get-KPageCgroup")]
    [InlineData("Measure-KPageFlags")]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Clear-SoftDirty -WhatIf")]
    public void An_object_of_another_kind_is_an_error_and_reads_nothing(string command)
    {
        Machine.NeedsRoot();
        using Session session = new();

        Outcome outcome = session.Run($"[version]'1.2' | {command} | Stop-Upstream 1");

        Assert.Equal(ErrorCategory.InvalidArgument, Assert.Single(outcome.Errors).CategoryInfo.Category);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Exclusive_and_shared_pages_cannot_be_asked_for_at_once()
    {
        using Session session = new();

        ErrorRecord error = session.Termination("Get-ProcessPageMap -Id $PID -Exclusive -Shared");

        Assert.Equal("ExclusiveAndShared", error.Id());
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
    }

    // The engine calls a number outside its range invalid data, and everything else an invalid argument.
    private static ErrorCategory Category(ErrorRecord error) =>
        error.CategoryInfo.Category == ErrorCategory.InvalidData && error.Exception is ParameterBindingException { ErrorId: "ParameterArgumentValidationError" }
            ? ErrorCategory.InvalidArgument
            : error.CategoryInfo.Category;
}
