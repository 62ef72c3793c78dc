<#
.SYNOPSIS
Shows which features tests were skipped for, and fails when more were skipped than the budget allows.
.DESCRIPTION
Reads all results below a folder: TRX files of dotnet test, XML of Pester (NUnit 3 or JUnit format), and logs of the guests
(*.log, in which xunit marks a skipped test with [SKIP]). A reason has the form "requires FEATURE: why it is missing here".
The table has one line for each feature, and for each guest. skip-budget.psd1 limits how many tests a missing feature may skip, and on which machine;
a feature without a budget, and a reason of another form, may skip none.
.PARAMETER ResultsPath
The folder with the results.
.PARAMETER BudgetPath
The budget; by default the one beside this script.
.EXAMPLE
dotnet test --logger trx --results-directory out/results; tests/Show-SkippedTests.ps1 -ResultsPath out/results
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $ResultsPath,
    [string] $BudgetPath = (Join-Path $PSScriptRoot 'skip-budget.psd1')
)

$ErrorActionPreference = 'Stop'
$budget = Import-PowerShellDataFile $BudgetPath

# Conditions of the budget: whether a machine lacks the feature, as far as that is cheap to tell. A guest is root and has neither swap,
# nor programs, nor the paths of this machine. Root of another user namespace, or without CAP_SYS_ADMIN (bit 21), is not privileged.
$here = [version] ((Get-Content /proc/sys/kernel/osrelease) -replace '^(\d+\.\d+).*', '$1')
$capabilities = [Convert]::ToUInt64(((Get-Content /proc/self/status) -match '^CapEff:' -replace '.*\t')[0], 16)
$isPrivileged = (id -u) -eq 0 -and ($capabilities -shr 21 -band 1) -and (Get-Item /proc/self/ns/user).Target -in 'user:[4026531837]', $null
function Test-Condition([string] $Condition, [string] $Guest, [string[]] $Skipped) {
    $kernel = $Guest -match '^\d+\.\d+' ? [version] $Matches[0] : $here
    switch -Regex ($Condition) {
        '^Always$' { return $true }
        '^NotPrivileged$' { return -not $Guest -and -not $isPrivileged }
        '^With (\S+)$' { return $Matches[1] -in $Skipped }
        '^Unless (\S+)$' { return $Matches[1] -notin $Skipped }
        '^KernelBefore (\d+\.\d+)$' { return $kernel -lt [version] $Matches[1] }
        '^NoCommand (\S+)$' { return $Guest -or -not (Get-Command -Name $Matches[1] -CommandType Application -ErrorAction Ignore) }
        '^NoPath (\S+)$' { return $Guest -or -not (Test-Path $Matches[1]) }
        default { throw "${BudgetPath}: '$Condition' is no condition" }
    }
}

function ConvertTo-Skip([string] $Reason, [string] $Guest) {
    $feature = $Reason -match '^requires ([\w.-]+): ' ? $Matches[1] : 'unknown'
    [pscustomobject] @{ Feature = $feature; Guest = $Guest; Reason = $Reason -replace '^requires [\w.-]+: ' }
}

function Get-Skip([IO.FileInfo] $File) {
    switch ($File.Extension) {
        '.log' {
            # The lines of a guest begin with its name; xunit puts the reason below the line of the test.
            foreach ($match in Select-String -Path $File.FullName -Pattern '^(?:\[(?<guest>[^\]]+)\] )?.*\[SKIP\]' -Context 0, 1) {
                $text = $match.Context.PostContext -replace '^\[[^\]]+\] ' | ForEach-Object Trim
                ConvertTo-Skip ($text -match '^requires [\w.-]+: ' ? $text : "no reason of the form 'requires FEATURE: why': $text") "$($match.Matches[0].Groups['guest'])"
            }
        }
        default {
            $xml = [xml] (Get-Content -Raw $File.FullName)
            $skipped = $xml.SelectNodes("//*[local-name()='UnitTestResult' and @outcome='NotExecuted'] | //*[local-name()='test-case' and (@result='Ignored' or @result='Skipped')] | //*[local-name()='testcase' and *[local-name()='skipped']]")
            foreach ($result in $skipped) {
                $text = "$($result.SelectSingleNode(".//*[local-name()='Message']|.//*[local-name()='message']|.//*[local-name()='StdOut']|.//*[local-name()='skipped']/@message")?.InnerText)"
                # xunit wants a reason for each skip: what has none in a TRX file is an explicit test, which runs only on request.
                if (-not $text -and $File.Extension -eq '.trx') { continue }
                # A reason may stand behind a word of the runner's, as Pester's "is skipped, because".
                ConvertTo-Skip ($text -match 'requires [\w.-]+: .*' ? $Matches[0] : "no reason of the form 'requires FEATURE: why': $($text.Trim()) [$($result.testName)$($result.name)]")
            }
        }
    }
}

$files = @(Get-ChildItem -Path $ResultsPath -Recurse -File -Include *.trx, *.xml, *.log)
if (-not $files) { throw "There are no results below '$ResultsPath'." }
$skips = @($files | ForEach-Object { Get-Skip $_ })
$table = $skips | Group-Object Feature, Guest | Sort-Object Count -Descending | ForEach-Object {
    $first = $_.Group[0]
    $line = $budget[$first.Feature]
    $skipped = ($skips | Where-Object Guest -EQ $first.Guest).Feature
    $mayLack = $line.If | Where-Object { $_ -and (Test-Condition -Condition $_ -Guest $first.Guest -Skipped $skipped) }
    [pscustomobject] @{
        Feature = $first.Feature
        Guest = $first.Guest
        Count = $_.Count
        Budget = $mayLack ? $line.Most : 0
        Reason = $first.Reason
    }
}

if (-not $table) { 'No test was skipped.'; return }
$table | Format-Table -Wrap | Out-String -Width 160
$over = @($table | Where-Object { $_.Count -gt $_.Budget })
if ($over) { throw "More tests were skipped than tests/skip-budget.psd1 allows: $(($over | ForEach-Object { "$($_.Feature) $($_.Count) of $($_.Budget)" }) -join ', ')." }
