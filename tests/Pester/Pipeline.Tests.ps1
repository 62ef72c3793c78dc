# Cmdlets in pipelines with commands that only the full PowerShell has.

BeforeAll {
    $script:manifest = (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1").Path
    . "$PSScriptRoot/Require.ps1"
    Import-Module $manifest -Force
    $script:sleepers = 1..2 | ForEach-Object { Start-Process sleep 600 -PassThru }

    # The time limit of a stopped command, with a margin for a busy machine.
    $script:promptly = [timespan]::FromSeconds(5)
}

AfterAll {
    $sleepers | Stop-Process
}

Describe 'Early stop' {
    It 'makes no more objects than the pipeline takes: <_>' -ForEach @(
        'Get-ProcessPageMap -Id $PID -IncludeUnpopulated'
        'Get-ProcessPageMap -Id $PID'
        'Measure-ProcessUss'
        'Test-PagemapSupport'
    ) {
        $made = 0
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $taken = & ([scriptblock]::Create($_)) | ForEach-Object { $script:made++; $_ } | Select-Object -First 3
        $taken.Count | Should -Be 3
        $made | Should -BeLessOrEqual 3
        $watch.Elapsed | Should -BeLessThan $promptly
    }

    It 'ends a whole chain of cmdlets' {
        Skip-UnlessRoot
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $taken = Get-ProcessPageMap -Id $PID -IncludeUnpopulated | Get-KPageFlags | Get-KPageCount | Select-Object -First 2
        $taken.Count | Should -Be 2
        $watch.Elapsed | Should -BeLessThan $promptly
    }

    It 'ends <_> over all memory' -ForEach 'Get-KPageFlags', 'Get-KPageCount', 'Get-KPageCgroup' {
        Skip-UnlessRoot
        $watch = [Diagnostics.Stopwatch]::StartNew()
        (& $_ | Select-Object -First 5).Pfn | Should -Be (0..4)
        $watch.Elapsed | Should -BeLessThan $promptly
    }

    It 'ends at a stop from another thread, as Ctrl+C does' {
        $shell = [powershell]::Create().AddScript("Import-Module '$manifest'; Get-ProcessPageMap -Id $PID -IncludeUnpopulated | ForEach-Object { }")
        $work = $shell.BeginInvoke()
        $work.AsyncWaitHandle.WaitOne(1500) | Should -BeFalse
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $watch.Elapsed | Should -BeLessThan $promptly
        $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $shell.Dispose()
    }
}

Describe 'Processes' {
    It 'come from Get-Process in its order' {
        $wanted = Get-Process -Id $sleepers.Id | Sort-Object Id -Descending
        $uss = $wanted | Measure-ProcessUss
        $uss.ProcessId | Should -Be $wanted.Id
        $uss.ProcessName | Should -Be $wanted.Name
        $uss.Uss | Should -Not -Contain 0
    }

    It 'come as numbers and as objects with an id' {
        ($PID | Measure-ProcessUss).ProcessId | Should -Be $PID
        ([pscustomobject] @{ ProcessId = $PID } | Measure-ProcessUss).ProcessId | Should -Be $PID
        @() | Measure-ProcessUss | Should -BeNullOrEmpty
    }

    It 'that do not exist have no page frames' {
        Skip-UnlessRoot
        @() | Get-KPageFlags | Should -BeNullOrEmpty
    }

    It 'have the names that Get-Process gives them' {
        (Measure-ProcessUss -Name slee[p]).ProcessId | Where-Object { $_ -in $sleepers.Id } | Should -Be ($sleepers.Id | Sort-Object)
        (Measure-ProcessUss sleep).ProcessId | Where-Object { $_ -in $sleepers.Id } | Should -Be ($sleepers.Id | Sort-Object)
        (Measure-ProcessUss -Id $PID).ProcessName | Should -Be (Get-Process -Id $PID).Name
    }

    It 'go to Stop-Process by id, not by name' {
        $victim = Start-Process sleep 600 -PassThru
        Measure-ProcessUss -Id $victim.Id | Stop-Process
        $victim.WaitForExit(10000) | Should -BeTrue
        (Get-Process -Id $sleepers.Id).HasExited | Should -Not -Contain $true
    }
}

Describe 'Sorting and grouping' {
    It 'sorts figures as numbers' {
        $sorted = Measure-ProcessUss | Sort-Object Uss -Descending
        for ($i = 1; $i -lt $sorted.Count; $i++) {
            $sorted[$i].Uss | Should -BeLessOrEqual $sorted[$i - 1].Uss
        }
        ($sorted | Measure-Object Uss -Sum).Sum | Should -BeGreaterThan $sorted[0].Uss
    }

    It 'groups pages by state and by mapping' {
        $pages = Get-ProcessPageMap -Id $sleepers[0].Id
        $byState = $pages | Group-Object State
        $byState.Name | Should -Contain 'Present'
        ($byState | Measure-Object Count -Sum).Sum | Should -Be $pages.Count
        ($pages | Group-Object { $_.Mapping.Name }).Name | Should -Contain '[stack]'
    }

    It 'compares flags by name and by number' {
        Skip-UnlessRoot
        # A page in memory that kpageflags does not cover has null flags.
        $pages = Get-ProcessPageMap -Id $PID -Mapping '[heap]' -Include Flags | Where-Object { $null -ne $_.Flags }
        $anonymous = @($pages | Where-Object { $_.Flags -band 'ANON' })
        $anonymous.Count | Should -BeGreaterThan 0
        @($pages | Where-Object { $_.Flags.HasFlag([PagemapTools.Procfs.Frames.KPageFlags]::ANON) }).Count | Should -Be $anonymous.Count
        @($pages | Where-Object FlagNames -match '\bANON\b').Count | Should -Be $anonymous.Count
    }

    It 'selects any property by name' {
        $page = Get-ProcessPageMap -Id $PID -Mapping '[stack]' | Select-Object -First 1 Address, State, @{ n = 'Where'; e = { $_.Mapping.Name } }
        $page.Where | Should -Be '[stack]'
        $page.Address | Should -BeOfType ulong
    }
}

Describe 'Order' {
    It 'stays the same through three cmdlets' {
        Skip-UnlessRoot
        $pages = @(Get-ProcessPageMap -Id $PID -Mapping '[heap]')
        $out = @($pages | Get-KPageFlags | Get-KPageCount | Get-KPageCgroup)
        $out.Count | Should -Be $pages.Count
        $out | ForEach-Object Address | Should -Be ($pages | ForEach-Object Address)
        $out | ForEach-Object MapCount | Should -Not -Contain $null
        [object]::ReferenceEquals($out[0], $pages[0]) | Should -BeTrue
    }

    It 'is the order of the input numbers' {
        Skip-UnlessRoot
        (9, '0x3', 0x5, 3 | Get-KPageFlags).Pfn | Should -Be 9, 3, 5, 3
    }
}

Describe 'Parallel use' {
    It 'runs in a job, and its objects keep their properties' {
        $job = Start-Job { Import-Module $using:manifest; Measure-ProcessUss -Id $using:PID; Get-ProcessPageMap -Id $PID -Mapping '[stack]' | Select-Object -First 1 }
        $uss, $page = $job | Wait-Job | Receive-Job
        $job | Remove-Job
        $uss.ProcessId | Should -Be $PID
        $uss.Uss | Should -BeOfType long
        $page.Mapping.Name | Should -Be '[stack]'
        $page | Where-Object State -EQ Present | Should -Not -BeNullOrEmpty
        ($uss | Measure-ProcessUss).ProcessId | Should -Be $PID
    }

    It 'runs in ForEach-Object -Parallel' {
        $uss = 1..4 | ForEach-Object -Parallel { Import-Module $using:manifest; Measure-ProcessUss -Id $using:PID } -ThrottleLimit 4
        $uss.Count | Should -Be 4
        $uss.ProcessId | Sort-Object -Unique | Should -Be $PID
    }

    It 'hands pages to other runspaces' {
        $pages = Get-ProcessPageMap -Id $PID -Mapping '[stack]'
        $states = $pages | ForEach-Object -Parallel { "$($_.Mapping.Name) $($_.State)" } -ThrottleLimit 4
        $states | Sort-Object -Unique | Should -Be '[stack] Present'
        $states.Count | Should -Be @($pages).Count
    }
}
