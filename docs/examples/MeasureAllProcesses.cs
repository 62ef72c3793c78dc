using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Examples;

internal static class MeasureAllProcesses
{
    /// <summary>Measures the unique set size of every process that can be read.</summary>
    public static void Run(ProcfsContext procfs)
    {
        UssMeter meter = new(procfs);
        foreach (int processId in procfs.Root.GetProcessIds())
        {
            try
            {
                ProcessUss uss = meter.Measure(processId);
                Console.WriteLine($"{uss.Uss,14} {uss.ProcessId,8} {uss.ProcessName}");
            }
            catch (ProcfsException failure)
            {
                Console.Error.WriteLine(failure.Message);
            }
        }
    }
}
