# What only a real pwsh shows: its own commands around the module's, and how things look.

BeforeAll {
    $script:manifest = Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1"
    Import-Module $manifest -Force
    $script:isRoot = (id -u) -eq 0
    $script:seesFrames = [bool] (Get-ProcessPageMap -Id $PID -Mapping '[stack]' -WarningAction Ignore | Select-Object -First 1).Pfn
}

Describe 'The pipeline' {
    It 'stops at once when enough has come' {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        (Get-ProcessPageMap -Id $PID -IncludeUnpopulated | Select-Object -First 3).Count | Should -Be 3
        $watch.Elapsed | Should -BeLessThan ([timespan] '0:0:20')
    }

    It 'keeps the order of the pages from one cmdlet to the next' {
        if (-not $isRoot) { Set-ItResult -Skipped -Because 'kpageflags and kpagecount are for root' }
        $pages = Get-ProcessPageMap -Id $PID -Mapping '[stack]' | Get-KPageFlags | Get-KPageCount
        $addresses = @($pages | ForEach-Object Address)
        $addresses | Should -Be @($addresses | Sort-Object)
        if ($seesFrames) { $pages[0].FlagNames | Should -Match 'ANON' }
    }

    It 'takes what Get-Process gives' {
        (Get-Process -Id $PID | Measure-ProcessUss).ProcessId | Should -Be $PID
        (Get-Process -Id $PID | Get-ProcessPageMap -Mapping '[stack]' | Select-Object -First 1).ProcessId | Should -Be $PID
    }

    It 'takes plain numbers, and objects with an id' {
        ($PID | Measure-ProcessUss).ProcessId | Should -Be $PID
        ([pscustomobject] @{ ProcessId = $PID } | Measure-ProcessUss).ProcessId | Should -Be $PID
    }

    It 'does nothing when nothing comes' {
        @() | Measure-ProcessUss | Should -BeNullOrEmpty
        if ($isRoot) { @() | Get-KPageFlags | Should -BeNullOrEmpty }
    }

    It 'sorts, groups and sums' {
        $states = Get-ProcessPageMap -Id $PID | Group-Object State -NoElement
        $states.Name | Should -Contain 'Present'
        (Measure-ProcessUss -Id $PID -ByMapping | Measure-Object Uss -Sum).Sum | Should -BeGreaterThan 1MB
    }
}

Describe 'What is written and read back' {
    It 'JSON has numbers as numbers and states by name' {
        $page = Get-ProcessPageMap -Id $PID -Mapping '[stack]' | Select-Object -First 1 | ConvertTo-Json -Depth 3 | ConvertFrom-Json
        $page.Address | Should -BeGreaterThan 0
        $page.State | Should -Be 'Present'
        $page.Mapping.Path | Should -Be '[stack]'
    }

    It 'CSV has the whole row' {
        $row = Measure-ProcessUss -Id $PID | ConvertTo-Csv | ConvertFrom-Csv
        [long] $row.Uss | Should -BeGreaterThan 1MB
        $row.ProcessName | Should -Be 'pwsh'
    }

    It 'Clixml brings back every property and the table' {
        $file = Join-Path ([IO.Path]::GetTempPath()) "pagemaptools-$PID.xml"
        try {
            $before = Measure-ProcessUss -Id $PID
            $before | Export-Clixml $file
            $after = Import-Clixml $file
            $after.Uss | Should -Be $before.Uss
            ($after | Out-String -Width 100).Split("`n")[1] | Should -Be ($before | Out-String -Width 100).Split("`n")[1]
        }
        finally { Remove-Item $file }
    }

    It 'a job brings back pages' {
        $job = Start-Job { Import-Module $using:manifest; Get-ProcessPageMap -Id $PID -Mapping '[stack]' | Select-Object -First 1 }
        $page = $job | Receive-Job -Wait -AutoRemoveJob
        $page.State.ToString() | Should -Be 'Present'
        $page.Address | Should -BeOfType ulong
    }

    It 'runs side by side in ForEach-Object -Parallel' {
        $ids = 1..4 | ForEach-Object -Parallel { Import-Module $using:manifest; (Measure-ProcessUss -Id $using:PID).ProcessId }
        $ids | Should -Be @($PID, $PID, $PID, $PID)
    }
}

Describe 'How it looks' {
    It 'fits 100 columns: <_>' -ForEach @(
        'Measure-ProcessUss -Id $PID'
        'Measure-ProcessUss -Id $PID -ByMapping'
        'Get-ProcessPageMap -Id $PID -Mapping [stack]'
        'Get-ProcessPageMap -Id $PID -Mapping *libcoreclr* -AsRange'
        'Test-PagemapSupport'
    ) {
        $lines = (& ([scriptblock]::Create($_)) | Out-String -Width 100).Split("`n")
        $lines.Count | Should -BeGreaterThan 3
        $lines | Where-Object Length -GT 100 | Should -BeNullOrEmpty
    }

    It 'shows addresses in hex' {
        Get-ProcessPageMap -Id $PID -Mapping '[stack]' | Select-Object -First 1 | Out-String | Should -Match '0x7[0-9a-f]{11} '
    }

    It 'has no colour of its own when redirected' {
        $PSStyle.OutputRendering = 'PlainText'
        Measure-ProcessUss -Id $PID | Out-String | Should -Not -Match "`e"
    }
}

Describe 'Completion' {
    It 'of <Line> offers <Offered>' -ForEach @(
        @{ Line = 'Get-KPageFlags -Flag HWP'; Offered = 'HWPOISON' }
        @{ Line = 'Get-ProcessPageMap -State Sw'; Offered = 'Swapped' }
        @{ Line = 'Measure-ProcessUss -Name pws'; Offered = 'pwsh' }
        @{ Line = "Measure-ProcessUss -Id $PID"; Offered = "$PID" }
        @{ Line = "Get-ProcessPageMap -Id $PID -Mapping sta"; Offered = "'[stack]'" }
    ) {
        (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText | Should -Contain $Offered
    }
}

Describe 'Errors' {
    It 'of a process that is not there' {
        Measure-ProcessUss -Id 2147483646 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'NoProcessFoundForGivenId,*'
        $failure[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure[0].TargetObject | Should -Be 2147483646
    }

    It 'do not keep the next target from being served' {
        $served = Measure-ProcessUss -Id 2147483646, $PID -ErrorAction SilentlyContinue
        $served.ProcessId | Should -Be $PID
    }

    It 'quote what is wrong with an address' {
        { Get-ProcessPageMap -Id $PID -Address 0xzz } | Should -Throw -ExpectedMessage '*0xzz*'
    }

    It 'are refusals where soft-dirty is missing, and WhatIf says what would be done' {
        Clear-SoftDirty -Id $PID -WhatIf
        if ((Test-PagemapSupport | Where-Object Feature -EQ SoftDirty).IsSupported) { Set-ItResult -Skipped -Because 'this kernel keeps soft-dirty bits' }
        { Clear-SoftDirty -Id $PID } | Should -Throw -ErrorId 'SoftDirtyNotSupported,*'
    }
}
