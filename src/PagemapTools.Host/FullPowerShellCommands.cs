using System.Collections.Frozen;

namespace PagemapTools.Host;

/// <summary>
/// The commands that pwsh brings in modules of its own beside the engine: Microsoft.PowerShell.Utility, .Management,
/// .Security, .Diagnostics and .Host, and what else is installed with it. Aliases are here too, for those the engine
/// knows have no command to lead to.
/// </summary>
internal static class FullPowerShellCommands
{
    private const string Utility = """
        Add-Member Add-Type Clear-Variable Compare-Object ConvertFrom-CliXml ConvertFrom-Csv ConvertFrom-Json
        ConvertFrom-Markdown ConvertFrom-StringData ConvertTo-CliXml ConvertTo-Csv ConvertTo-Html ConvertTo-Json
        ConvertTo-Xml Debug-Runspace Disable-PSBreakpoint Disable-RunspaceDebug Enable-PSBreakpoint Enable-RunspaceDebug
        Export-Alias Export-Clixml Export-Csv Export-FormatData Export-PSSession Format-Custom Format-Hex Format-List
        Format-Table Format-Wide Get-Alias Get-Culture Get-Date Get-Error Get-Event Get-EventSubscriber Get-FileHash
        Get-FormatData Get-Host Get-MarkdownOption Get-Member Get-PSBreakpoint Get-PSCallStack Get-Random Get-Runspace
        Get-RunspaceDebug Get-SecureRandom Get-TraceSource Get-TypeData Get-UICulture Get-Unique Get-Uptime Get-Variable
        Get-Verb Group-Object Import-Alias Import-Clixml Import-Csv Import-LocalizedData Import-PowerShellDataFile
        Import-PSSession Invoke-Expression Invoke-RestMethod Invoke-WebRequest Join-String Measure-Command Measure-Object
        New-Alias New-Event New-Guid New-Object New-TemporaryFile New-TimeSpan New-Variable Out-File Out-String Read-Host
        Register-EngineEvent Register-ObjectEvent Remove-Alias Remove-Event Remove-PSBreakpoint Remove-TypeData
        Remove-Variable Select-Object Select-String Select-Xml Send-MailMessage Set-Alias Set-Date Set-MarkdownOption
        Set-PSBreakpoint Set-TraceSource Set-Variable Show-Markdown Sort-Object Start-Sleep Tee-Object Test-Json
        Trace-Command Unblock-File Unregister-Event Update-FormatData Update-List Update-TypeData Wait-Debugger Wait-Event
        Write-Debug Write-Error Write-Host Write-Information Write-Output Write-Progress Write-Verbose Write-Warning
        """;

    private const string Management = """
        Add-Content Clear-Content Clear-Item Clear-ItemProperty Convert-Path Copy-Item Copy-ItemProperty Debug-Process
        Get-ChildItem Get-Clipboard Get-Content Get-Item Get-ItemProperty Get-ItemPropertyValue Get-Location Get-Process
        Get-PSDrive Get-PSProvider Get-TimeZone Invoke-Item Join-Path Move-Item Move-ItemProperty New-Item
        New-ItemProperty New-PSDrive Pop-Location Push-Location Remove-Item Remove-ItemProperty Remove-PSDrive Rename-Item
        Rename-ItemProperty Resolve-Path Restart-Computer Set-Clipboard Set-Content Set-Item Set-ItemProperty Set-Location
        Split-Path Start-Process Stop-Computer Stop-Process Test-Connection Test-Path Wait-Process
        """;

    private const string SecurityHostAndDiagnostics = """
        ConvertFrom-SecureString ConvertTo-SecureString Get-CmsMessage Get-Credential Get-ExecutionPolicy Get-PfxCertificate
        Protect-CmsMessage Set-ExecutionPolicy Unprotect-CmsMessage Start-Transcript Stop-Transcript Get-Counter Get-WinEvent
        New-WinEvent
        """;

    private const string OtherModules = """
        Compress-Archive Expand-Archive Start-ThreadJob Find-PSResource Get-InstalledPSResource Install-PSResource
        Save-PSResource Uninstall-PSResource Update-PSResource Find-Module Get-InstalledModule Install-Module Save-Module
        Uninstall-Module Update-Module Install-Script Get-PSReadLineOption Set-PSReadLineOption Set-PSReadLineKeyHandler
        """;

    private const string Aliases = """
        cd chdir clc cli clp clv copy cpi cvpa dbp del dir ebp echo epal epcsv erase fc fhx fl ft fw gal gbp gc gcb gci
        gcs gdr gerr gi gl gm gp gps gpv group gtz gu gv iex ii ipal ipcsv irm iwr measure mi move mp nal ndr ni nv popd
        pushd pwd rbp rd rdr ren ri rni rnp rp rv rvpa sal saps sbp scb select set si sl sls sp spps sv type
        """;

    private static readonly FrozenSet<string> Names = string
        .Join('\n', Utility, Management, SecurityHostAndDiagnostics, OtherModules, Aliases)
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool Contains(string command) => Names.Contains(command);
}
