#!/usr/bin/env pwsh
<#
.SYNOPSIS
Builds, tests, analyses, documents and packages PagemapTools. Needs PowerShell 7.4 and the .NET SDK.
.EXAMPLE
./build.ps1 -Task Build, Test
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Help', 'Analyze', 'Package', 'Benchmark')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-Location $PSScriptRoot
$configured = '--configuration', $Configuration

function Test-Module([string] $Name) {
    $found = [bool] (Get-Module -ListAvailable -Name $Name)
    if (-not $found) { Write-Warning "The module $Name is not installed: its part of the task is skipped." }
    $found
}

function Invoke-Build { dotnet build PagemapTools.sln @configured }

function Invoke-Test {
    dotnet test PagemapTools.sln -m:1 @configured
    if (Test-Module Pester) {
        $result = Invoke-Pester -Path tests/Pester -PassThru
        if ($result.FailedCount -gt 0 -or $result.TotalCount -eq 0) { throw "Pester: $($result.FailedCount) of $($result.TotalCount) failed." }
    }
    # 77 is the script's word for a machine on which no other kernel can be booted; it says why itself.
    $PSNativeCommandUseErrorActionPreference = $false
    bash tests/vm/run
    if ($LASTEXITCODE -notin 0, 77) { throw 'The tests on other kernels failed.' }
}

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
        $findings = Get-ChildItem build.ps1, PagemapTools.psd1, tests/Pester | ForEach-Object { Invoke-ScriptAnalyzer -Path $_.FullName -Recurse -ExcludeRule $notOfPester }
        if ($findings) { $findings | Format-Table -AutoSize | Out-Host; throw "PSScriptAnalyzer: $(@($findings).Count) findings." }
    }
}

function Invoke-Package {
    dotnet build src/PagemapTools --configuration Release
    dotnet pack src/PagemapTools --configuration Release --no-build --output out/package
}

function Invoke-Benchmark { dotnet run --configuration Release --project tests/PagemapTools.Benchmarks }

foreach ($name in $Task) { & "Invoke-$name" }
