using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace PagemapTools.Host;

/// <summary>Asks for the mandatory parameters that a command was called without.</summary>
internal sealed class FieldPrompt(ConsoleStreams streams, ConsoleInput input)
{
    public Dictionary<string, PSObject> Ask(string caption, string message, Collection<FieldDescription> fields)
    {
        streams.WriteErrorLine($"\n{caption}\n{message}");
        return fields.ToDictionary(field => field.Name, Read, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The engine converts the text; of a list it wants an array, which an empty line ends.</summary>
    private PSObject Read(FieldDescription field)
    {
        if (Type.GetType(field.ParameterAssemblyFullName) is not { IsArray: true })
        {
            return PSObject.AsPSObject(ReadLine(field.Name));
        }

        List<string> items = [];
        while (ReadLine($"{field.Name}[{items.Count}]") is { Length: > 0 } item)
        {
            items.Add(item);
        }

        return PSObject.AsPSObject(items.ToArray());
    }

    private string ReadLine(string name)
    {
        streams.WriteError($"{name}: ");
        string? line = input.ReadLine();
        if (line is null)
        {
            streams.WriteErrorLine("");
            throw new HostException($"No value for {name}: standard input has ended.");
        }

        return line;
    }
}
