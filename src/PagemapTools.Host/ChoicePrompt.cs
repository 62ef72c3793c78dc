using System.Collections.ObjectModel;
using System.Management.Automation.Host;

namespace PagemapTools.Host;

/// <summary>Asks for one of several answers, as pwsh does it: by hot key or by word, with <c>?</c> for help.</summary>
internal sealed class ChoicePrompt(ConsoleStreams streams, ConsoleInput input)
{
    public int Ask(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Choice[] answers = [.. choices.Select(Choice.From)];
        string question = string.Concat(answers.Select(answer => $"[{answer.HotKey}] {answer.Label}  "))
            + "[?] Help"
            + (defaultChoice >= 0 ? $" (default is \"{answers[defaultChoice].HotKey}\"): " : ": ");

        streams.WriteErrorLine($"\n{caption}\n{message}");
        while (true)
        {
            streams.WriteError(question);
            string? reply = input.ReadLine()?.Trim();
            if (reply is null)
            {
                streams.WriteErrorLine("");
                throw new HostException($"Nobody answers the question \"{message}\": standard input has ended.");
            }

            if (reply is "" && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            if (reply is "?")
            {
                streams.WriteErrorLine(string.Join('\n', answers.Select(answer => $"{answer.HotKey} - {answer.Help}")));
                continue;
            }

            int chosen = Array.FindIndex(answers, answer => answer.IsMeantBy(reply));
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    /// <summary>In the label of a choice an ampersand stands before its hot key.</summary>
    private sealed record Choice(string HotKey, string Label, string Help)
    {
        public static Choice From(ChoiceDescription description)
        {
            string marked = description.Label;
            int ampersand = marked.IndexOf('&', StringComparison.Ordinal);
            string label = marked.Replace("&", "", StringComparison.Ordinal);
            string hotKey = ampersand >= 0 && ampersand < label.Length ? label[ampersand..(ampersand + 1)].ToUpperInvariant() : "";
            return new Choice(hotKey, label, description.HelpMessage);
        }

        public bool IsMeantBy(string reply) =>
            string.Equals(reply, HotKey, StringComparison.OrdinalIgnoreCase)
            || string.Equals(reply, Label, StringComparison.OrdinalIgnoreCase);
    }
}
