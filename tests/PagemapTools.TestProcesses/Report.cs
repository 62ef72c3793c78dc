using System.Text.Encodings.Web;
using System.Text.Json;

namespace PagemapTools.TestProcesses;

/// <summary>Writes one JSON line for each step.</summary>
internal static class Report
{
    public static void Write(string process, Context context, string? skipped, int step)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("process", process);
            json.WriteNumber("pid", Environment.ProcessId);
            json.WriteStartArray("children");
            context.Children.ForEach(json.WriteNumberValue);
            json.WriteEndArray();
            json.WriteStartArray("regions");
            context.Regions.ForEach(region => Write(json, region));
            json.WriteEndArray();
            json.WriteString("skipped", skipped);
            json.WriteNumber("step", step);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        using Stream output = Console.OpenStandardOutput();
        output.Write(line.GetBuffer(), 0, (int)line.Length);
    }

    private static void Write(Utf8JsonWriter json, Region region)
    {
        json.WriteStartObject();
        json.WriteString("name", region.Name);
        json.WriteNumber("pid", region.ProcessId);
        json.WriteString("start", $"0x{region.Start:x}");
        json.WriteNumber("length", region.Length);
        json.WriteStartObject("expect");
        foreach ((string key, string value) in region.Expect)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
