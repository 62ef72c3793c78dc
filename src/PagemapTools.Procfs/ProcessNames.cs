namespace PagemapTools.Procfs;

/// <summary>
/// The names of processes as System.Diagnostics.Process gives them: the kernel keeps 15 bytes (TASK_COMM_LEN), and a name cut there
/// is completed from the command line where that begins with it.
/// </summary>
internal static class ProcessNames
{
    private const int KernelNameLength = 15;

    public static string? Read(ProcRoot root, int processId)
    {
        try
        {
            string name = OctalEscapes.Text(File.ReadAllBytes(root.PathOf(processId, "comm"))).TrimEnd('\n');
            return name.Length < KernelNameLength ? name : Complete(name, root.PathOf(processId, "cmdline"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Complete(string name, string commandLinePath)
    {
        string[] arguments = OctalEscapes.Text(File.ReadAllBytes(commandLinePath)).Split('\0', 3);

        // The second argument is the script's name where the first is its interpreter.
        foreach (string argument in arguments.Take(2))
        {
            string file = argument[(argument.LastIndexOf('/') + 1)..];
            if (file.StartsWith(name, StringComparison.Ordinal))
            {
                return file;
            }
        }

        return name;
    }
}
