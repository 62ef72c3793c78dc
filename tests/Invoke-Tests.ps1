<#
.SYNOPSIS
Runs the tests of some tiers, each suite to its end, and throws when any failed. build.ps1 calls it.
.DESCRIPTION
The results stay in out/test-results: a TRX file for each test project, pester.xml (NUnit 3) and guests.log.
A live test compares two looks at a machine that others use meanwhile. Where at most five tests of this machine failed, they run once
more. They count as passed if all of them pass then, and the closing lines name them: each is a defect of the test all the same.
The closing line counts all suites: N passed, N failed, N skipped.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string[]] $Tier,
    [Parameter(Mandatory)] [string] $Configuration
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
Set-Location (Split-Path $PSScriptRoot)
$results = Join-Path $PWD out/test-results
$repeatResults = Join-Path $PWD out/test-results-repeated
$repeatable = 1..5
$repeated = [System.Collections.Generic.List[object]]::new()

# A suite that ends badly without a failed test counts as one.
function ConvertTo-Count([int] $Passed, [int] $Failed, [int] $Skipped, [bool] $IsGood) {
    [pscustomobject] @{ Passed = $Passed; Failed = $IsGood -or $Failed ? $Failed : 1; Skipped = $Skipped }
}

# The failed tests of a TRX file or of Pester's: the name, the first line of the message, and the script of a Pester test.
function Get-FailedTest([string[]] $Path) {
    foreach ($file in Get-ChildItem $Path -ErrorAction Ignore) {
        $xml = [xml] (Get-Content -Raw $file)
        foreach ($test in $xml.SelectNodes("//*[local-name()='UnitTestResult' and @outcome='Failed'] | //*[local-name()='test-case' and @result='Failed']")) {
            $message = "$($test.SelectSingleNode(".//*[local-name()='Message'] | .//*[local-name()='message']")?.InnerText)"
            [pscustomobject] @{
                Name = "$($test.testName)$($test.fullname)"
                Message = ($message.Trim() -split '\n')[0]
                Script = $test.SelectSingleNode("ancestor::*[@type='Assembly']")?.fullname
            }
        }
    }
}

# What ended a test project badly besides failed tests, such as a crash.
function Test-Crash {
    $runs = Get-ChildItem $results/*.trx | ForEach-Object { ([xml] (Get-Content -Raw $_)).TestRun.ResultSummary }
    @($runs).Count -ne @(Get-Item tests/*.Tests).Count -or
        [bool] ($runs.RunInfos.RunInfo | Where-Object { $_.outcome -eq 'Error' -and $_.Text -notlike '*`[FAIL`]*' })
}

function Invoke-DotnetTest([string] $Filter, [string] $Configuration, [string] $Directory) {
    dotnet test PagemapTools.sln -m:1 --configuration $Configuration --filter $Filter --logger trx --results-directory $Directory | Out-Host
    $LASTEXITCODE -eq 0
}

function Invoke-ProjectTest([string[]] $Trait, [string] $Configuration) {
    $isGood = Invoke-DotnetTest -Filter (($Trait | ForEach-Object { "Tier=$_" }) -join '|') -Configuration $Configuration -Directory $results
    $counters = Get-ChildItem $results/*.trx | ForEach-Object { ([xml] (Get-Content -Raw $_)).TestRun.ResultSummary.Counters }
    $passed, $failed, $total = 'passed', 'failed', 'total' | ForEach-Object { ($counters | Measure-Object $_ -Sum).Sum }
    $skipped = $total - $passed - $failed
    $failures = @(Get-FailedTest $results/*.trx)
    if ($failures.Count -in $repeatable -and -not (Test-Crash)) {
        $methods = $failures.Name -replace '\(.*' | Sort-Object -Unique | ForEach-Object { "FullyQualifiedName=$_" }
        $null = Invoke-DotnetTest -Filter "(Tier=Live|Tier=Privileged)&($($methods -join '|'))" -Configuration $Configuration -Directory $repeatResults
        $again = Get-ChildItem $repeatResults/*.trx | ForEach-Object { ([xml] (Get-Content -Raw $_)).TestRun.Results.UnitTestResult } | Where-Object outcome -EQ Passed
        if (-not ($failures.Name | Where-Object { $_ -notin $again.testName })) {
            $repeated.AddRange($failures)
            $passed, $failed, $isGood = ($passed + $failed), 0, $true
        }
    }
    ConvertTo-Count -Passed $passed -Failed $failed -Skipped $skipped -IsGood $isGood
}

function Invoke-PesterRun([string[]] $Path, [string] $ResultFile) {
    $package = Join-Path ((dotnet nuget locals global-packages --list) -replace '^global-packages: ') pester/6.2.0/tools/Pester.psd1
    $pester = (Test-Path $package) ? "'$package'" : 'Pester -MinimumVersion 5.7.0'
    # A process of its own: one that has loaded the module once never loads a newer build of it. NUnit3 has the reasons of skipped tests.
    & "$PSHOME/pwsh" -NoProfile -NonInteractive -Command "Import-Module $pester; Invoke-Pester -Configuration @{
        Run = @{ Path = '$($Path -join "', '")'; Exit = `$true }; TestResult = @{ Enabled = `$true; OutputFormat = 'NUnit3'; OutputPath = '$ResultFile' } }" | Out-Host
    $LASTEXITCODE -eq 0
}

function Invoke-PesterTest {
    $isGood = Invoke-PesterRun -Path tests/Pester -ResultFile $results/pester.xml
    $suite = (Test-Path $results/pester.xml) ? ([xml] (Get-Content -Raw $results/pester.xml)).'test-run' : @{}
    [int] $passed, $failed = $suite.passed, $suite.failed
    $failures = @(Get-FailedTest $results/pester.xml)
    if ($failures.Count -in $repeatable -and $failures.Count -eq $failed -and (Invoke-PesterRun -Path ($failures.Script | Sort-Object -Unique) -ResultFile $repeatResults/pester.xml)) {
        $repeated.AddRange($failures)
        $passed, $failed, $isGood = ($passed + $failed), 0, $true
    }
    ConvertTo-Count -Passed $passed -Failed $failed -Skipped $suite.skipped -IsGood ($isGood -and $suite.total -gt 0)
}

# Its rows, its errors and its memory are the tests: a few seconds of what build.ps1 -Task Storm runs for as long as it is told.
function Invoke-StormTest([string] $Configuration) {
    $program = "out/build/bin/PagemapTools.TestProcesses/$($Configuration.ToLowerInvariant())/PagemapTools.TestProcesses.dll"
    & "$PSHOME/pwsh" -NoProfile -NonInteractive -File tests/storm/Invoke-Storm.ps1 -TestProcesses $program 2>&1 | Tee-Object $results/storm.log | Out-Host
    $isGood = $LASTEXITCODE -eq 0
    $line = Select-String '^(\d+) passed, (\d+) failed, (\d+) skipped' $results/storm.log | Select-Object -Last 1
    $passed, $failed = $line ? $line.Matches.Groups[1, 2].Value : (0, 1)
    ConvertTo-Count -Passed $passed -Failed $failed -Skipped 0 -IsGood $isGood
}

function Invoke-GuestTest {
    bash tests/vm/run 2>&1 | Tee-Object $results/guests.log | Out-Host
    $status = $LASTEXITCODE
    $guests = Select-String '^vm \S+: (\d+) passed, (\d+) failed, (\d+) skipped' $results/guests.log
    $sums = 1..3 | ForEach-Object { $group = $_; ($guests | ForEach-Object { [int] $_.Matches[0].Groups[$group].Value } | Measure-Object -Sum).Sum }
    # 77: no other kernel can be booted here. Show-SkippedTests.ps1 names each that was not.
    $unbooted = @(Select-String '^\[\S+\] not booted \[SKIP\]' $results/guests.log).Count
    ConvertTo-Count -Passed $sums[0] -Failed $sums[1] -Skipped ($sums[2] + $unbooted) -IsGood ($status -in 0, 77)
}

# Each failed test again at the end, for a long log is often cut.
function Show-Failed {
    foreach ($test in Get-FailedTest $results/*.trx, $results/pester.xml | Where-Object Name -NotIn $repeated.Name) { "failed: $($test.Name): $($test.Message)" }
    Select-String -Path $results/*.log -Pattern '\[FAIL\]|^FAILED' -ErrorAction Ignore | ForEach-Object { "failed: $($_.Line)" }
    foreach ($test in $repeated) { "passed when it was repeated: $($test.Name): $($test.Message)" }
}

function Show-Skipped {
    try { ./tests/Show-SkippedTests.ps1 $results | Out-Host }
    catch {
        $_ | Out-Host
        ConvertTo-Count -IsGood $false
    }
}

# page-types is what the flags are compared with, thpmaps what the large folios are. Both are made once, where the tests read this kernel.
$tools = Join-Path ($env:XDG_CACHE_HOME ?? (Join-Path $HOME .cache)) pagemaptools-tools
if ($Tier | Where-Object { $_ -in 'Live', 'Privileged' }) {
    bash tests/get-page-types $tools | Out-Host
    bash tests/get-prometheus $tools | Out-Host
    bash tests/get-chromium | Out-Host
    bash tests/get-programs $tools | Out-Host
}
if ('Privileged' -in $Tier) { bash tests/get-thpmaps $tools | Out-Host }
$env:PATH += ":$tools"

foreach ($directory in $results, $repeatResults) {
    if (Test-Path $directory) { Remove-Item $directory -Recurse }
    $null = New-Item -ItemType Directory $directory
}
$traits = @($Tier | Where-Object { $_ -ne 'Guest' })
$counts = @(
    if ($traits) { Invoke-ProjectTest $traits $Configuration }
    if ('Live' -in $Tier) { Invoke-PesterTest }
    if ('Privileged' -in $Tier) { Invoke-StormTest $Configuration }
    if ('Guest' -in $Tier) { Invoke-GuestTest }
    Show-Skipped
)
Show-Failed
$passed, $failed, $skipped = 'Passed', 'Failed', 'Skipped' | ForEach-Object { ($counts | Measure-Object $_ -Sum).Sum }
"$passed passed, $failed failed, $skipped skipped"
if ($failed -or -not $passed) { throw 'The tests failed.' }
