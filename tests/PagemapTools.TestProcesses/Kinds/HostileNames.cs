using System.Text;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>Executes itself once, because only a new program has another command line.</summary>
internal sealed unsafe class HostileNames : TestProcess
{
    private const string HostileName = "he\u001b]0;X\a\r\nFAKE1\u009b\u202e.end";
    private const int KernelNameLength = 15;

    private static readonly byte[][] s_fileNames =
    [
        [.. "osc\u001b]0;OWNED\a.bin"u8], [.. "row\nFAKE-ROW 1 2 3"u8], [.. "cr\rOVERWRITTEN"u8], [.. "c1\u009b5nx"u8],
        [.. "bidi\u202etxt.exe"u8], [.. "csi\u001b[2J\u001b[Hcls"u8], [.. "zw\u200b\ufeff\u2028ls"u8], [(byte)'i', (byte)'n', 0xff, 0x9b, (byte)'x'],
    ];

    public override string Name => "hostile-names";

    public override string Summary =>
        "dir=/var/tmp: one-page shared files, page 0 written, whose names, like those of the process and its command line, have control and format characters";

    public override void Make(Context context)
    {
        if (context.Options.GetNumber("step", 0) == 0)
        {
            Execute();
        }

        File.WriteAllBytes("/proc/self/comm", Encoding.UTF8.GetBytes(HostileName)[..KernelNameLength]);
        string directory = Path.Combine(context.Options.GetText("dir", "/var/tmp"), BackingFile.MakeUniqueName("hostile"));
        Directory.CreateDirectory(directory);
        context.OnExit(() => Directory.Delete(directory));
        foreach (byte[] fileName in s_fileNames)
        {
            BackingFile file = BackingFile.Create(context, [.. Encoding.UTF8.GetBytes(directory + '/'), .. fileName]).Fill(1);
            MappedRegion mapping = MappedRegion.MapShared(context, file.Descriptor, MappedRegion.PageSize);
            mapping.Write(0);
            context.Add(string.Concat(fileName.Select(letter => (char)letter).TakeWhile(char.IsAsciiLetterOrDigit)), mapping).With("written", "0");
        }
    }

    private static void Execute()
    {
        string[] arguments = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
        byte[] bytes = Encoding.UTF8.GetBytes(string.Join('\0', [HostileName, .. arguments[1..], "step=1", string.Empty]));
        byte** pointers = stackalloc byte*[arguments.Length + 2];
        fixed (byte* first = bytes)
        fixed (byte* path = Encoding.UTF8.GetBytes(Environment.ProcessPath + '\0'))
        {
            int count = 0;
            for (int i = 0; i < bytes.Length; i++)
            {
                if (i == 0 || first[i - 1] == 0)
                {
                    pointers[count++] = first + i;
                }
            }

            pointers[count] = null;
            Libc.Execute(path, pointers).OrFail("execv");
        }
    }
}
