using System.Globalization;
using PagemapTools.Procfs.Examples;
using PagemapTools.Procfs.Machine;

// dotnet run --project docs/examples -- pages PID | ranges PID | uss
int processId = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Environment.ProcessId;
using ProcfsContext procfs = new();
switch (args.FirstOrDefault())
{
    case "pages":
        ListPages.Run(procfs, processId);
        break;
    case "ranges":
        ListRanges.Run(procfs, processId);
        break;
    default:
        MeasureAllProcesses.Run(procfs);
        break;
}
