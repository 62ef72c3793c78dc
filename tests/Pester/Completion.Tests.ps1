# Completions that the Tab key offers in pwsh.

BeforeAll {
    . "$PSScriptRoot/Require.ps1"
    Import-Module (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1") -Force
    # pwsh, or dotnet where pwsh is a tool of the SDK.
    $script:own = (Get-Process -Id $PID).Name
    function Get-Offer([string] $Line) {
        (TabExpansion2 -inputScript $Line -cursorColumn $Line.Length).CompletionMatches
    }
}

Describe 'Tab' {
    It 'offers the cmdlets and their parameters' {
        (Get-Offer 'Measure-Proc').CompletionText | Should -Contain 'Measure-ProcessUss'
        (Get-Offer 'Get-ProcessPageMap -Inc').CompletionText | Sort-Object | Should -Be '-Include', '-IncludeUnpopulated'
    }

    It 'offers live processes with their names' {
        $offer = Get-Offer 'Get-ProcessPageMap -Id ' | Where-Object CompletionText -EQ $PID
        $offer.ToolTip | Should -Match $own
        $part = $own.Substring(0, 3)
        (Get-Offer "Measure-ProcessUss -Name $part").CompletionText | Should -Contain $own
        (Get-Offer "Measure-ProcessUss $part").CompletionText | Should -Contain $own
    }

    It 'offers the mappings of the process on the line' {
        (Get-Offer "Get-ProcessPageMap -Id $PID -Mapping ").CompletionText | Should -Contain "'[heap]'"
        (Get-Offer "Get-ProcessPageMap -Id $PID -Mapping *SMA").CompletionText | Should -BeNullOrEmpty
        (Get-Offer "Get-ProcessPageMap -Id $PID -Mapping Management.Automation.dll").CompletionText | Should -BeLike '*/System.Management.Automation.dll'
        (Get-Offer "Get-ProcessPageMap $own -Mapping sta").CompletionText | Should -Contain "'[stack]'"
    }

    It 'offers text that runs: <_>' -ForEach '-Mapping hea', '-State Pres', '-Include Fla' {
        $line = "Get-ProcessPageMap -Id $PID $_"
        $text = (Get-Offer $line)[0].CompletionText
        $command = "$($line.Substring(0, $line.LastIndexOf(' '))) $text"
        { & ([scriptblock]::Create($command)) -ErrorAction Stop | Select-Object -First 1 } | Should -Not -Throw
    }

    It 'offers flags, states and methods' {
        (Get-Offer 'Get-KPageFlags -Flag ZER').CompletionText | Should -Be 'ZERO_PAGE'
        (Get-Offer 'Get-ProcessPageMap -Id 1 -NotFlag LRU, HWP').CompletionText | Should -Be 'HWPOISON'
        (Get-Offer 'Get-ProcessPageMap -Id 1 -State Gu').CompletionText | Should -Be 'Guard'
        (Get-Offer 'Measure-ProcessUss -Method ').CompletionText | Should -Be 'Auto', 'Exclusive', 'MapCount', 'Rollup'
    }

    It 'offers cgroups' {
        $root = (Test-PagemapSupport | Where-Object Feature -EQ CgroupPaths)
        Skip-Unless $root.IsSupported Cgroups $root.Detail
        (Get-Offer 'Get-KPageCgroup -Cgroup ').CompletionText | Should -Contain $root.Detail
    }

    It 'completes property names after a pipe' {
        (Get-Offer 'Measure-ProcessUss | Sort-Object Us').CompletionText | Should -Contain 'Uss'
        (Get-Offer 'Get-ProcessPageMap -Id 1 | Where-Object IsEx').CompletionText | Should -Be 'IsExclusive'
    }
}
