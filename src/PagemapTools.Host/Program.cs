using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

// PowerShell's home, $PSHOME, is the directory of its engine.
string home = Path.GetDirectoryName(typeof(PSObject).Assembly.Location)!;
InitialSessionState state = InitialSessionState.CreateDefault2();
state.ImportPSModule(Path.Join(home, "Modules", "PagemapTools"));
return ConsoleShell.Start(state, "PowerShell with the module PagemapTools", "The parameters are those of pwsh: https://aka.ms/powershell-parameters", args);
