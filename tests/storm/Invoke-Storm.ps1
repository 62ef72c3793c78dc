<#
.SYNOPSIS
Runs every cmdlet in rounds while processes fork, execute, map and exit, and throws when a row is impossible, an error is unexpected, or
the process that runs the cmdlets grows.
.DESCRIPTION
The storm is a test process (storm), and Debian's stress-ng (fork, vm, mmap and exec) where it is on PATH. One round runs one cmdlet on
one target: a quiet process, the storm, a process that has just been seen, or all processes. The closing line counts the cmdlets and
the measurements: N passed, N failed, N skipped.
.EXAMPLE
./build.ps1 -Task Storm -Minutes 60
#>
[CmdletBinding()]
param(
    # The storm ends after this time and this number of rounds, whichever is later.
    [double] $Minutes = 0.6,
    [int] $Rounds = 100,

    [string] $Module = (Join-Path $PSScriptRoot ../../PagemapTools.psd1),
    [string] $TestProcesses = (Join-Path $PSScriptRoot ../../out/build/bin/PagemapTools.TestProcesses/release/PagemapTools.TestProcesses.dll)
)

$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot RowChecks.ps1)
Import-Module $Module

# Another process than the quiet one may exit, and may not answer in time; it may belong to another user. Everything else is unexpected.
$expectedOfOthers = 'NoProcessFoundForGivenId', 'ProcessHasNoAddressSpace', 'ProcessTimedOut'
$expected = @('WorkingSetMethodNotSupported')
if ([Environment]::UserName -ne 'root') { $expected += 'PagemapAccessDenied', 'KPageAccessDenied' }
if ((Test-PagemapSupport | Where-Object Feature -EQ SoftDirty).IsSupported -ne $true) { $expected += 'SoftDirtyNotSupported' }

# What runs in a round. A cmdlet without a line runs with -Id, if it only reads.
$calls = @{
    'Measure-ProcessUss' = { param($id) Measure-ProcessUss -Id $id }, { param($id) Measure-ProcessUss -Id $id -ByMapping },
        { param($id) Measure-ProcessUss -Id $id -Method Exclusive }, { param($id) Measure-ProcessUss -Id $id -Method MapCount }, { Measure-ProcessUss },
        { param($id) Measure-ProcessUss -Id $id, $storm.Id -Together }, { Measure-ProcessUss -GroupBy Name }, { param($id) Measure-ProcessUss -Id $id -ByNode }
    'Get-ProcessPageMap' = { param($id) Get-ProcessPageMap -Id $id -Include Flags, MapCount, Cgroup },
        { param($id) Get-ProcessPageMap -Id $id -AsRange -ResolveShared -IncludeUnpopulated }
    'Measure-KPageFlags' = { param($id) Measure-KPageFlags -Id $id }, { param($id) Get-ProcessPageMap -Id $id -AsRange | Measure-KPageFlags },
        { Measure-KPageFlags -ByKind }, { Measure-KPageFlags -ByNode }
    'Get-KPageFlags' = { Get-KPageFlags -Pfn 0 -Count 2000 }, { Get-KPageFlags -Pfn 4096 -Count 2000 -AsRange }, { param($id) Get-ProcessPageMap -Id $id -Exclusive | Get-KPageFlags }
    'Get-KPageCount' = , { Get-KPageCount -Pfn 4096 -Count 2000 }
    'Get-KPageCgroup' = , { Get-KPageCgroup -Pfn 4096 -Count 2000 }
    'Clear-SoftDirty' = , { param($id) Clear-SoftDirty -Id $id -Confirm:$false }
    'Get-KPageMapping' = , { param($id) Get-ProcessPageMap -Id $id -Exclusive | Select-Object -First 5 | Get-KPageMapping }
    'Measure-ProcessSharing' = , { param($id) Measure-ProcessSharing -Id $id, $quiet.Id, $storm.Id }
    'Measure-ProcessHugePage' = { param($id) Measure-ProcessHugePage -Id $id }, { param($id) Measure-ProcessHugePage -Id $id -ByMapping }
    'Measure-ProcessWorkingSet' = { param($id) Measure-ProcessWorkingSet -Id $id -Interval 0.01 -Confirm:$false },
        { param($id) Measure-ProcessWorkingSet -Id $id -Interval 0.01 -ByMapping -Confirm:$false }
    'Compare-ProcessPageMap' = { param($id) Compare-ProcessPageMap -ReferenceId $quiet.Id -DifferenceId $id },
        { param($id) Compare-ProcessPageMap -ReferenceId $quiet.Id -DifferenceId $id -AsRange }
    'Get-SharedMemory' = , { Get-SharedMemory }
    'Measure-FileCache' = , { Measure-FileCache -OpenFiles }
    'Get-FilePageMap' = , { Get-FilePageMap (Get-Process -Id $PID).Path -Include All }
    'Measure-KPageCgroup' = , { Measure-KPageCgroup }
    'Show-ProcessPageMap' = , { param($id) Show-ProcessPageMap -Id $id -Width 100 -Height 30 }
    'Show-KPageMap' = , { Show-KPageMap -Width 100 -Height 30 }
    'Export-PageSnapshot' = { param($id) $id | Export-PageSnapshot (Join-Path $exports snapshots) -Include Pages, Mappings, Processes, Files -IncludePfn -PassThru | Remove-Item },
        { Export-PageSnapshot (Join-Path $exports snapshots) -Include Mappings, Processes -PassThru | Remove-Item }
    'Export-PageReport' = , { param($id) $id | Export-PageReport (Join-Path $exports report.html) }
    'Export-PagemapMetric' = , { Export-PagemapMetric (Join-Path $exports storm.prom) -MaxGroupCount 10 }
    'Test-PagemapSupport' = , { Test-PagemapSupport }
}
# These change the machine.
$excluded = 'Disable-KPage', 'Enable-KPage'

function Get-Call([System.Management.Automation.CommandInfo] $Command) {
    if ($calls.ContainsKey($Command.Name)) { return $calls[$Command.Name] }
    if ($Command.Verb -in 'Get', 'Measure' -and $Command.Name -notin $excluded -and $Command.Parameters.ContainsKey('Id')) {
        return , [scriptblock]::Create("param(`$id) $($Command.Name) -Id `$id")
    }
}

function Invoke-Program([string] $Program, [string[]] $Argument) {
    $start = [System.Diagnostics.ProcessStartInfo]::new($Program, $Argument)
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    [System.Diagnostics.Process]::Start($start)
}

function Invoke-StressNg {
    if (-not (Get-Command stress-ng -CommandType Application -ErrorAction Ignore)) {
        'stress-ng is not on PATH: the storm runs without it.' | Out-Host
        return
    }
    # At a low priority, and with few children of the exec stressor (4,096 by itself): beside more, a round takes minutes.
    Invoke-Program nice '-n', 10, 'stress-ng', '--fork', 1, '--vm', 1, '--vm-bytes', '32M', '--mmap', 1, '--mmap-bytes', '32M', '--temp-path', '/tmp', '--quiet'
    # The exec stressor does not run as root, so it gets a user namespace in which it is another user. It still may execute what root may.
    $exec = 'nice', '-n', 10, 'stress-ng', '--exec', 1, '--exec-max', 16, '--temp-path', '/tmp', '--quiet'
    if ([Environment]::UserName -eq 'root') { $exec = @('unshare', '--user', '--map-user=65534', '--map-group=65534') + $exec }
    $process = Invoke-Program $exec[0] $exec[1..99]
    if ($process.WaitForExit(1000)) { "The exec stressor of stress-ng does not run here: $($exec[0]) ended with $($process.ExitCode)." | Out-Host } else { $process }
}

# A descendant of the storm or of stress-ng, which mostly exits soon.
function Get-RecentId {
    $ids = @($storm.Id) + @($stress.Id)
    for ($depth = 0; $depth -lt 3; $depth++) {
        # What exits meanwhile has no children. Every other failure is a defect of this function.
        $children = foreach ($id in $ids) {
            try {
                foreach ($thread in [System.IO.Directory]::GetDirectories("/proc/$id/task")) { [int[]] ((-split [System.IO.File]::ReadAllText("$thread/children")) -ne '') }
            } catch [System.IO.IOException] { Write-Debug "$id has exited." }
        }
        if (-not $children) { break }
        $ids = @($children)
    }
    $ids | Get-Random
}

function Measure-Self {
    [System.GC]::Collect()
    [System.GC]::WaitForPendingFinalizers()
    [System.GC]::Collect()
    $anonymous = (Select-String '^RssAnon:\s+(\d+)' /proc/self/status).Matches[0].Groups[1].Value
    [pscustomobject] @{
        Round = $round
        Handles = [System.IO.Directory]::GetFiles('/proc/self/fd').Count
        Threads = [System.IO.Directory]::GetDirectories('/proc/self/task').Count
        HeapMiB = [math]::Round([System.GC]::GetTotalMemory($false) / 1MB, 1)
        AnonymousMiB = [math]::Round([long] $anonymous / 1KB, 1)
    }
}

# Compares the second half of the measurements with the quarter before it. The first quarter is warm-up.
function Find-Growth([object[]] $Measurement) {
    if ($Measurement.Count -lt 8) { return }
    $quarter = [int] [math]::Floor($Measurement.Count / 4)
    foreach ($limit in @{ Handles = 8 }, @{ Threads = 12 }, @{ HeapMiB = 16 }, @{ AnonymousMiB = 64 }) {
        $property = @($limit.Keys)[0]
        $before = ($Measurement[$quarter..(2 * $quarter - 1)].$property | Measure-Object -Maximum).Maximum
        $after = ($Measurement[(3 * $quarter)..($Measurement.Count - 1)].$property | Measure-Object -Minimum).Minimum
        if ($after -gt $before + $limit.$property) { "$property grew from at most $before to at least $after" }
    }
}

function Invoke-Round([string] $Name, [scriptblock] $Call, [int] $Id) {
    $result = $results[$Name]
    $result.Rounds++
    $ErrorActionPreference = 'SilentlyContinue'
    $Error.Clear()
    $rows = @(try { & $Call $Id } catch { Write-Verbose "$_" })
    $failures = $Error.ToArray()
    $result.Rows += $rows.Count
    $found = @(
        foreach ($failure in $failures | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }) {
            $errorId = ($failure.FullyQualifiedErrorId -split ',')[0]
            $isOther = $failure.TargetObject -notin $quiet.Id, $PID
            if ($errorId -in $expected -or ($isOther -and $errorId -in $expectedOfOthers)) { $result.Expected++ } else { "$errorId`: $failure" }
        }
        Find-ImpossibleRow $rows | Select-Object -First 3
    )
    foreach ($failure in $found) {
        $result.Failures++
        "round $round, $Call on $Id`: $failure"
    }
}

$dotnet = (Get-Command dotnet -CommandType Application)[0].Source
$exports = [System.IO.Directory]::CreateTempSubdirectory('pagemaptools-storm-').FullName
$quiet = Invoke-Program sleep 86400
$storm = Invoke-Program $dotnet $TestProcesses, 'storm'
$stress = @(Invoke-StressNg)
try {
    $null = $storm.StandardOutput.ReadLine()
    $results = [ordered] @{}
    $skipped = 0
    foreach ($command in Get-Command -Module PagemapTools -CommandType Cmdlet | Sort-Object Name) {
        $call = Get-Call $command
        if ($call) { $results[$command.Name] = @{ Calls = $call; Rounds = 0; Rows = 0L; Expected = 0; Failures = 0 } }
        else { $skipped++; "$($command.Name) is not part of the storm." }
    }

    $round = $minute = 0
    $roots = @($quiet, $storm) + $stress | ForEach-Object Id
    $recent = [System.Collections.Generic.HashSet[int]]::new()
    $measurements = [System.Collections.Generic.List[object]]::new()
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($clock.Elapsed.TotalMinutes -lt $Minutes -or $round -lt $Rounds) {
        foreach ($name in $results.Keys) {
            foreach ($call in $results[$name].Calls) {
                $id = switch ($round % 4) { 1 { $storm.Id } 3 { Get-RecentId } default { $quiet.Id } }
                if ($id -notin $roots) { $null = $recent.Add($id) }
                Invoke-Round -Name $name -Call $call -Id $id
                $round++
            }
        }
        if ($round / 25 -gt $measurements.Count -or $clock.Elapsed.TotalMinutes / $Minutes * 40 -gt $measurements.Count) { $measurements.Add((Measure-Self)) }
        # A line a minute, and one for each failure at once: a run of hours that is ended early has said what it saw.
        if ([int] $clock.Elapsed.TotalMinutes -gt $minute) {
            $minute = [int] $clock.Elapsed.TotalMinutes
            "$minute min, $(($results.Values.Failures | Measure-Object -Sum).Sum) failures: $(Measure-Self)"
        }
    }
} finally {
    foreach ($process in @($quiet, $storm) + $stress) {
        # stress-ng ends its children on SIGTERM; SIGKILL would leave them.
        sh -c 'kill -TERM "$0"' $process.Id
        if (-not $process.WaitForExit(10000)) { $process.Kill() }
    }
    Remove-Item $exports -Recurse
}

$results.GetEnumerator() | ForEach-Object { [pscustomobject] @{ Cmdlet = $_.Key; Rounds = $_.Value.Rounds; Rows = $_.Value.Rows; ExpectedErrors = $_.Value.Expected; Failures = $_.Value.Failures } } | Format-Table
$step = [math]::Max(1, [int] ($measurements.Count / 12))
$measurements | Where-Object { $measurements.IndexOf($_) % $step -eq 0 } | Format-Table
$defects = @(Find-Growth $measurements) + @(if ($recent.Count -eq 0) { 'No target was a process that had just been started.' })
$defects
"{0} rounds in {1:n1} minutes, on {2} processes that had just been started" -f $round, $clock.Elapsed.TotalMinutes, $recent.Count
$failed = @($results.Values | Where-Object { $_.Failures }).Count + [bool] $defects
"$($results.Count + 1 - $failed) passed, $failed failed, $skipped skipped"
if ($failed) { exit 1 }
