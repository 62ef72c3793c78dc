# Tables, lists and files.

BeforeDiscovery {
    $script:commands = @(
        @{ Command = 'Measure-ProcessUss' }
        @{ Command = 'Measure-ProcessUss -Id $PID -ByMapping' }
        @{ Command = 'Get-ProcessPageMap -Id $PID -Mapping "[stack]"' }
        @{ Command = 'Get-ProcessPageMap -Id $PID -AsRange | Select-Object -First 100' }
        @{ Command = '(Get-ProcessPageMap -Id $PID -Mapping "[stack]").Mapping' }
        @{ Command = 'Test-PagemapSupport' }
        @{ Command = 'Get-ProcessPageMap -Id $PID -Mapping "[heap]" -Include Flags, MapCount, Cgroup -Raw | Select-Object -First 100'; NeedsRoot = $true }
        @{ Command = 'Get-KPageFlags -Pfn 0x10000 -Count 50 -Raw'; NeedsRoot = $true }
        @{ Command = 'Get-KPageFlags -Pfn 0x10000 -Count 500 -AsRange'; NeedsRoot = $true }
        @{ Command = 'Get-KPageCount -Pfn 0x10000 -Count 10'; NeedsRoot = $true }
        @{ Command = 'Get-KPageCgroup -Pfn 0x10000 -Count 10'; NeedsRoot = $true }
        @{ Command = 'Measure-KPageFlags'; NeedsRoot = $true }
    )
}

BeforeAll {
    . "$PSScriptRoot/Require.ps1"
    Import-Module (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1") -Force
    $script:file = Join-Path ([IO.Path]::GetTempPath()) "pagemaptools-output-$PID"
    $script:rendering = $PSStyle.OutputRendering
    $PSStyle.OutputRendering = 'PlainText'

    function Split-Text($Text) {
        @($Text -split '\r?\n' | ForEach-Object TrimEnd | Where-Object { $_ })
    }

    function Invoke-Text([string] $Command) {
        & ([scriptblock]::Create($Command))
    }
}

AfterAll {
    $PSStyle.OutputRendering = $rendering
    Remove-Item "$file*"
}

Describe 'Redirected output of 80 columns' {
    It 'shows the process name beside figures of any size' {
        $sizes = 0, 1, 1023, 1MB, 999MB, 1000MB, 1023MB, 1023.99GB
        $rows = foreach ($size in $sizes) {
            [pscustomobject] @{
                PSTypeName = 'Deserialized.PagemapTools.Procfs.Uss.ProcessUss'
                ProcessId = 4194303; ProcessName = 'tenletters'
                Uss = [long] $size; Pss = [long] $size; Rss = [long] $size; Shared = [long] $size; Swap = [long] $size; Hugetlb = [long] $size
            }
        }
        $lines = Split-Text ($rows | Out-String -Width 80)
        $lines[0] | Should -Match '^ +Id +Uss +Pss +Rss +Shared +Swap +Hugetlb ProcessName$'
        $lines | Should -HaveCount (2 + $sizes.Count)
        $lines | Select-Object -Skip 2 | Should -Match '^4194303 .*[\dB] tenletters$'
    }
}

Describe 'A screen of 100 columns' {
    BeforeEach {
        if ($NeedsRoot) { Skip-UnlessRoot }
    }

    It 'has room for the table of <Command>' -ForEach $commands {
        $lines = Split-Text (Invoke-Text $Command | Out-String -Width 100)
        $lines.Count | Should -BeGreaterThan 2
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 100
    }

    It 'has every column of a wider screen: <Command>' -ForEach $commands {
        # The command runs once for both tables, because the figures change.
        $items = Invoke-Text $Command | Select-Object -First 3
        $header = { param($Width) (Split-Text ($items | Out-String -Width $Width) | Select-String -Pattern '^\s*--' -Context 1 | Select-Object -First 1).Context.PreContext -split '\s+' -ne '' }
        (& $header 100) | Should -Be (& $header 300)
    }

    It 'has a list of <Command>' -ForEach $commands {
        $lines = Split-Text (Invoke-Text $Command | Select-Object -First 2 | Format-List | Out-String -Width 100)
        $lines[0] | Should -Match '^\w+ +: '
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 100
    }

    It 'has every property of <Command> with Format-List *' -ForEach $commands {
        $item = Invoke-Text $Command | Select-Object -First 1
        $text = $item | Format-List * | Out-String -Width 100
        foreach ($property in $item.PSObject.Properties.Name) {
            $text | Should -Match "(?m)^$property +:"
        }
    }

    It 'shows <Command> with Format-Wide' -ForEach $commands {
        $lines = Split-Text (Invoke-Text $Command | Select-Object -First 20 | Format-Wide | Out-String -Width 100)
        $lines | Should -Not -BeNullOrEmpty
        $lines[-1] | Should -Not -Match 'PagemapTools\.'
    }

    It 'shows hex addresses and mapping names with Format-Wide' {
        $of = @{ Id = $PID; Mapping = '[stack]' }
        $range = Get-ProcessPageMap @of -AsRange | Select-Object -First 1
        $range | Format-Wide | Out-String | Should -Match ('^\s*0x{0:x}\s*$' -f $range.Address)
        Measure-ProcessUss @of -ByMapping | Format-Wide | Out-String | Should -Match '^\s*\[stack\] [\d.]+ [KM]iB\s*$'
    }

    It 'shows sizes in binary units and addresses in hex' {
        Measure-ProcessUss -Id $PID | Out-String -Width 100 | Should -Match "(?m)^ *$PID +[\d.]+ [KMG]iB .*$((Get-Process -Id $PID).Name)"
        Get-ProcessPageMap -Id $PID -Mapping '[stack]' | Out-String -Width 100 | Should -Match '(?m)^ *0x7f[0-9a-f]{10} Present '
    }

    It 'groups by process and mapping' {
        $text = Get-ProcessPageMap -Id $PID -Mapping '[stack]', '[heap]' -AsRange | Out-String -Width 100
        $text | Should -Match "Process: $PID .*\[heap\]"
        $text | Should -Match "Process: $PID .*\[stack\]"
    }
}

Describe 'Colour' {
    It 'is absent from redirected output' {
        $PSStyle.OutputRendering = 'Host'
        try { Measure-ProcessUss -Id $PID | Out-String | Should -Not -Match "`e" }
        finally { $PSStyle.OutputRendering = 'PlainText' }
    }
}

Describe 'Files' {
    BeforeEach {
        if ($NeedsRoot) { Skip-UnlessRoot }
    }

    It 'round-trips through CSV with plain columns: <Command>' -ForEach $commands {
        $items = @(Invoke-Text $Command | Select-Object -First 5)
        $items | Export-Csv "$file.csv"
        $back = @(Import-Csv "$file.csv")
        $back.Count | Should -Be $items.Count
        $first = Get-Content "$file.csv" -TotalCount 2 | Select-Object -Last 1
        $first | Should -Not -Match "System\.|PagemapTools\.Procfs\."
        foreach ($property in $items[0].PSObject.Properties | Where-Object { $_.Value -is [ulong] -or $_.Value -is [long] -or $_.Value -is [int] }) {
            $back[0].($property.Name) | Should -Be "$($property.Value)"
        }
    }

    It 'round-trips through JSON with numbers as numbers: <Command>' -ForEach $commands {
        $item = Invoke-Text $Command | Select-Object -First 1
        $back = $item | ConvertTo-Json -Depth 3 -WarningAction Ignore | ConvertFrom-Json
        foreach ($property in $item.PSObject.Properties | Where-Object { $_.Value -is [ulong] -or $_.Value -is [long] -or $_.Value -is [int] -or $_.Value -is [bool] }) {
            $back.($property.Name) | Should -Be $property.Value
            $back.($property.Name) | Should -Not -BeOfType string
        }
        foreach ($property in $item.PSObject.Properties | Where-Object { $null -eq $_.Value }) {
            $back.($property.Name) | Should -BeNullOrEmpty
        }
    }

    It 'writes flags to JSON by name and as a number' {
        Skip-UnlessRoot
        $json = Get-KPageFlags -Pfn 0x10000 -Raw | ConvertTo-Json | ConvertFrom-Json
        $json.FlagNames | Should -BeOfType string
        $json.RawFlags | Should -Not -BeOfType string
        $summary = Measure-KPageFlags | Select-Object -Last 1 | ConvertTo-Json | ConvertFrom-Json
        $summary.FlagsValue | Should -Not -BeOfType string
        $summary.FlagNames | Should -BeOfType string
    }

    It 'round-trips through Clixml with the same table: <Command>' -ForEach $commands {
        $items = @(Invoke-Text $Command | Select-Object -First 20)
        $items | Export-Clixml "$file.xml"
        $back = @(Import-Clixml "$file.xml")
        $back.Count | Should -Be $items.Count
        ($back | Out-String -Width 100) | Should -Be ($items | Out-String -Width 100)
        foreach ($property in $items[0].PSObject.Properties) {
            # An enumeration value, such as the flags, comes back with its name and its number.
            ($null -eq $property.Value ? '' : $back[0].($property.Name).ToString()) | Should -Be "$($property.Value)"
        }
    }
}
