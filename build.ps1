#!/usr/bin/env pwsh
<#
.SYNOPSIS
Builds, tests, documents, analyses, packages and measures PagemapTools. Needs PowerShell 7.4 or later and the .NET SDK.
.DESCRIPTION
A machine that has only the SDK gets PowerShell by 'dotnet tool restore' and runs this script by 'dotnet pwsh build.ps1'.
.PARAMETER Tier
Which tests run: Unit (pure), Live (this kernel, with the Pester suite), Privileged (root), Guest (other kernels, in QEMU).
By default all of them: a test that this machine cannot run is skipped with its reason.
.EXAMPLE
./build.ps1 -Task Build, Test -Tier Unit, Live
.EXAMPLE
./build.ps1 -Task Fuzz, Storm -Minutes 60
.EXAMPLE
dotnet pwsh build.ps1 -Task Test -Tier Unit,Live
#>
[CmdletBinding()]
param(
    # Patterns, not sets: a shell hands over 'Unit,Live' as one word.
    [ArgumentCompletions('Build', 'Test', 'Help', 'Analyze', 'Package', 'Benchmark', 'Fuzz', 'Storm', 'Picture')]
    [ValidatePattern('^((Build|Test|Help|Analyze|Package|Benchmark|Fuzz|Storm|Picture),?)+$')]
    [string[]] $Task = 'Build',

    [ArgumentCompletions('Unit', 'Live', 'Privileged', 'Guest')]
    [ValidatePattern('^((Unit|Live|Privileged|Guest),?)+$')]
    [string[]] $Tier = ('Unit', 'Live', 'Privileged', 'Guest'),

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # How long Fuzz and Storm run: by default 10 and 40 seconds.
    [ValidateRange(0.01, 10000)]
    [double] $Minutes
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-Location $PSScriptRoot
$configured = '--configuration', $Configuration
$tiers = $Tier -split ','
$fuzzMinutes, $stormMinutes = $Minutes ? ($Minutes, $Minutes) : ((1 / 6), (2 / 3))

function Test-Module([string] $Name) {
    $found = [bool] (Get-Module -ListAvailable -Name $Name)
    if (-not $found) { Write-Warning "The module $Name is not installed: its part of the task is skipped." }
    $found
}

function Invoke-Build { dotnet build PagemapTools.sln @configured }

function Invoke-Test { ./tests/Invoke-Tests.ps1 -Tier $tiers -Configuration $Configuration }

function Invoke-Help {
    if (Test-Module Microsoft.PowerShell.PlatyPS) {
        $commands = Get-ChildItem en-US/*-*.md | ForEach-Object { Import-MarkdownCommandHelp -Path $_.FullName }
        # PlatyPS trims each paragraph: a blank on the empty line before an indented line keeps the header of a table in its column.
        foreach ($example in $commands.Examples) { $example.Remarks = $example.Remarks -replace '\n(?=\n +\S)', "`n " }
        $staging = New-Item -ItemType Directory -Force out/help
        $maml = Export-MamlCommandHelp -CommandHelp $commands -OutputFolder $staging -Force
        # Get-Help shows text as it is: a prompt for Markdown's fences, an empty line for PlatyPS' mark of one, no links to files.
        $text = (Get-Content -Raw $maml) -replace '</maml:para>\s*<maml:para>&#x80;</maml:para>\s*<maml:para>', "`n`n"
        $text = [regex]::Replace($text, '(?s)```powershell\n(.*?)\n```', { 'PS> ' + $args[0].Groups[1].Value.Replace("`n", "`n    ") })
        $text = $text -replace '(?m)^```Output\n' -replace '(?m)^ $' -replace '\n```(?=\n|<)' -replace '<maml:uri>[^<:]*</maml:uri>', '<maml:uri />'
        $text = $text -replace '\s*<maml:navigationLink>\s*<maml:linkText>Online Version</maml:linkText>\s*<maml:uri />\s*</maml:navigationLink>'
        # A link of the kernel's is text: Get-Help -Online would open the first address, and the module has no page of its own.
        $text = $text -replace '</maml:linkText>(\s*)<maml:uri>(https:[^<]*)</maml:uri>', ' $2</maml:linkText>$1<maml:uri />'
        Set-Content en-US/PagemapTools.dll-Help.xml $text.TrimEnd()
    }
}

function Invoke-Analyze {
    $null = Test-ModuleManifest PagemapTools.psd1
    if (Test-Module PSScriptAnalyzer) {
        # Neither rule knows the scopes of Pester's blocks, or of a remote $PID.
        $notOfPester = 'PSUseDeclaredVarsMoreThanAssignments', 'PSUseUsingScopeModifierInNewRunspaces'
        $findings = Get-ChildItem build.ps1, PagemapTools.psd1, tests/*.ps1, tests/Pester, tests/storm | ForEach-Object { Invoke-ScriptAnalyzer -Path $_.FullName -Recurse -ExcludeRule $notOfPester }
        if ($findings) { $findings | Format-Table -AutoSize | Out-Host; throw "PSScriptAnalyzer: $(@($findings).Count) findings." }
    }
}

function Invoke-Package {
    dotnet build src/PagemapTools --configuration Release
    dotnet pack src/PagemapTools --configuration Release --no-build --output out/package
}

function Invoke-Benchmark { dotnet run --configuration Release --project tests/PagemapTools.Benchmarks }

function Invoke-Fuzz { dotnet run --configuration Release --project tests/PagemapTools.Fuzz -- --minutes $fuzzMinutes }

function Invoke-Storm {
    dotnet build src/PagemapTools --configuration Release
    dotnet build tests/PagemapTools.TestProcesses --configuration Release
    & "$PSHOME/pwsh" -NoProfile -File tests/storm/Invoke-Storm.ps1 -Minutes $stormMinutes
}

function Invoke-Picture { Invoke-Build; 'New-Picture', 'New-ReportPicture' | ForEach-Object { & "$PSHOME/pwsh" -NoProfile -File "docs/pictures/$_.ps1" } }

foreach ($name in $Task -split ',') { & "Invoke-$name" }
