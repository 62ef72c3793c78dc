using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>An argument may come from a file, or may be a process whose name controls the terminal. The engine quotes what it cannot convert.</summary>
[Trait("Tier", "Unit")]
public sealed class ArgumentTextTests : IDisposable
{
    private const string Text = "x\u001b]0;X\a\r\n\u202e";
    private const string Shown = @"x\u{1b}]0;X\u{7}\u{d}\u{a}\u{202e}";

    private readonly Session _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void NoParameterQuotesAnArgumentThatControlsTheTerminal()
    {
        object[] hostile = [Text, new HostileObject(), new object[] { "1", Text }, PSObject.AsPSObject(new List<object> { new HostileObject() })];
        List<string> parameters = [];
        foreach (CmdletInfo cmdlet in _session.GetObjects("Get-Command -Module PagemapTools -CommandType Cmdlet").Select(command => (CmdletInfo)command.BaseObject))
        {
            foreach (ParameterMetadata parameter in cmdlet.Parameters.Values.Where(IsConverted))
            {
                parameters.Add($"{cmdlet.Name} -{parameter.Name}");
                foreach (object argument in hostile)
                {
                    AssertVisible($"{cmdlet.Name} -{parameter.Name}", GetMessage(cmdlet, parameter, argument));
                }
            }
        }

        // The id, the time-out and the process of most cmdlets; flags, counts and sizes of many.
        Assert.True(parameters.Count > 100, string.Join(", ", parameters));
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id \"$PID`n\"")]
    [InlineData("Measure-ProcessUss -Id @(\"`t$PID\")")]
    [InlineData("Measure-ProcessUss -Id $PID -Method \" Rollup`n\"")]
    [InlineData("\"$PID`n\" | Measure-ProcessUss")]
    public void WhiteSpaceAroundANumberOrNameIsAccepted(string script) =>
        Assert.Equal(Environment.ProcessId, Assert.Single(_session.GetObjects(script)).Get<int>("ProcessId"));

    private string GetMessage(CmdletInfo cmdlet, ParameterMetadata parameter, object argument)
    {
        (_session["argument"], _session["command"]) = (new Dictionary<string, object> { [parameter.Name] = argument }, cmdlet);
        ErrorRecord error = _session.GetTermination("$bound = [hashtable]::new($argument); & $command @bound");
        Assert.IsAssignableFrom<ParameterBindingException>(error.Exception);
        return error.ToString();
    }

    private static void AssertVisible(string parameter, string message)
    {
        Assert.True(message.Contains(Shown, StringComparison.Ordinal) || message.Contains("System.", StringComparison.Ordinal), $"{parameter}: {message}");
        Assert.False(message.Contains('\u001b', StringComparison.Ordinal) || message.Contains('\u202e', StringComparison.Ordinal), $"{parameter}: {message}");
    }

    /// <summary>Whether the engine converts an argument. A text is taken as it is, and the engine does not quote the argument of a switch.</summary>
    private static bool IsConverted(ParameterMetadata parameter)
    {
        Type type = parameter.ParameterType.IsArray ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        return type != typeof(string) && type != typeof(SwitchParameter) && !Cmdlet.CommonParameters.Contains(parameter.Name);
    }

    /// <summary>An object whose text is as that of a process with a hostile name.</summary>
    private sealed class HostileObject
    {
        public override string ToString() => Text;
    }
}
