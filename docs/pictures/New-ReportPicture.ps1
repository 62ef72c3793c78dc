<#
.SYNOPSIS
Makes docs/pictures/report.png: a report of three test processes of this machine, as Chromium shows it.
.DESCRIPTION
One process has forked, half of another is in swap, and two thirds of the huge pages of the third were split. Needs root, chromium (tests/get-chromium),
a build, and room for a swap file of 96 MiB in /var/tmp. A run on another machine gives other figures.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$root = Resolve-Path "$PSScriptRoot/../.."
Import-Module "$root/PagemapTools.psd1"
$program = (Get-ChildItem "$root/out/build/bin/PagemapTools.TestProcesses/*/PagemapTools.TestProcesses.dll" | Sort-Object LastWriteTime)[-1].FullName

# A test process reports each step with a line, and waits for the next one on its standard input.
function Start-TestProcess([string[]] $Argument, [int] $Step) {
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet', [string[]] (@($program) + $Argument))
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    $report = $process.StandardOutput.ReadLine() | ConvertFrom-Json
    for ($i = 0; $i -lt $Step; $i++) {
        $process.StandardInput.WriteLine('next')
        $report = $process.StandardOutput.ReadLine() | ConvertFrom-Json
    }
    if ($report.skipped) { throw "$Argument`: $($report.skipped)" }
    [pscustomobject] @{ Process = $process; Ids = @($report.pid) + $report.children }
}

$directory = (New-Item -ItemType Directory "$([IO.Path]::GetTempPath())/pagemaptools-picture-$PID").FullName
$started = @()
try {
    $started += Start-TestProcess fork, 'pages=24576' 1
    $started += Start-TestProcess swapped, 'pages=16384', 'area=96MiB' 0
    $started += Start-TestProcess fragmented 0
    Export-PageReport "$directory/report.html" -Id $started.Ids
    $options = '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', "--user-data-dir=$directory/profile", '--window-size=1200,1180', '--virtual-time-budget=5000'
    chromium @options "--screenshot=$PSScriptRoot/report.png" "file://$directory/report.html" 2>$null
}
finally {
    foreach ($process in $started.Process) {
        $process.StandardInput.WriteLine('exit')
        if (-not $process.WaitForExit(30000)) { $process.Kill() }
    }
    Remove-Item $directory -Recurse
}
