using System.Runtime.InteropServices;
using System.Text;
using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class ExitingProcess : TestProcess
{
    public override string Name => "exits-under-reader";

    public override string Summary => "size=256MiB: private anonymous pages, all written; next: exits after the report";

    public override void Make(Context context)
    {
        long size = context.Options.GetSize("size", "256MiB");
        MemoryInfo.RequireAvailable(size);
        MappedRegion mapping = MappedRegion.MapAnonymous(context, size);
        mapping.WriteAll();
        context.Add(Name, mapping).WithAll("written");
    }

    public override void Next(Context context, int step, string argument) =>
        context.AfterReport = static () => Libc.ExitAtOnce(0);
}

internal sealed unsafe class ExecutingProcess : TestProcess
{
    public override string Name => "execs";

    public override string Summary =>
        "size=64MiB: private anonymous pages, all written; next: execve of the program itself under the same pid, with " +
        "no region; the new program accepts next and exit";

    public override void Make(Context context)
    {
        long size = context.Options.GetSize("size", "64MiB");
        if (context.Options.GetNumber("step", 0) > 0)
        {
            return;
        }

        MappedRegion mapping = MappedRegion.MapAnonymous(context, size);
        mapping.WriteAll();
        context.Add(Name, mapping).WithAll("written");
    }

    public override void Next(Context context, int step, string argument)
    {
        if (step > 1)
        {
            return;
        }

        byte[] arguments = [.. File.ReadAllBytes("/proc/self/cmdline"), .. "step=1\0"u8];
        byte** pointers = stackalloc byte*[arguments.Count(static value => value == 0) + 1];
        fixed (byte* first = arguments)
        fixed (byte* path = Encoding.UTF8.GetBytes(Environment.ProcessPath + '\0'))
        {
            int count = 0;
            for (int i = 0; i < arguments.Length; i++)
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

internal sealed class ZombieLeader : TestProcess
{
    private static readonly nint s_exit = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 60 : 93;

    public override string Name => "leaderless";

    public override string Summary =>
        "size=1MiB: private anonymous pages, all written; next: the main thread exits after the report, and another thread runs " +
        "until exit or the end of stdin";

    public override void Make(Context context)
    {
        MappedRegion mapping = MappedRegion.MapAnonymous(context, context.Options.GetSize("size", "1MiB"));
        mapping.WriteAll();
        context.Add(Name, mapping).WithAll("written");
    }

    public override void Next(Context context, int step, string argument) => context.AfterReport = static () =>
    {
        new Thread(RunUntilExit).Start();

        // The system call exit ends only this thread; exit_group and _exit of libc end all threads.
        Libc.SystemCall(s_exit, 0);
    };

    private static void RunUntilExit()
    {
        while (StandardInput.ReadLine() is { } line && line is not "exit")
        {
        }

        Libc.ExitAtOnce(0);
    }
}
