# Error ids, -WhatIf, warnings and preferences, as a script would meet them.

BeforeAll {
    . "$PSScriptRoot/Require.ps1"
    Import-Module (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1") -Force
    $script:missing = 4194305
    $script:hasSoftDirty = (Test-PagemapSupport | Where-Object Feature -EQ SoftDirty).IsSupported

    function Get-Failure([scriptblock] $Script) {
        try { & $Script 2>&1 | Where-Object { $_ -is [Management.Automation.ErrorRecord] } }
        catch { $_ }
    }
}

Describe 'An error' {
    It 'names a process that is not there, as Get-Process does: <_>' -ForEach 'Get-ProcessPageMap', 'Measure-ProcessUss' {
        $command = $_
        $ours = Get-Failure { & $command -Id $missing }
        $theirs = Get-Failure { Get-Process -Id $missing }
        $ours.FullyQualifiedErrorId.Split(',')[0] | Should -Be $theirs.FullyQualifiedErrorId.Split(',')[0]
        $ours.CategoryInfo.Category | Should -Be $theirs.CategoryInfo.Category
        $ours.TargetObject | Should -Be $missing
    }

    It 'names a process name that is not there, as Get-Process does' {
        $ours = Get-Failure { Measure-ProcessUss -Name no-such-process }
        $theirs = Get-Failure { Get-Process -Name no-such-process }
        $ours.FullyQualifiedErrorId.Split(',')[0] | Should -Be $theirs.FullyQualifiedErrorId.Split(',')[0]
        $ours.CategoryInfo.Category | Should -Be $theirs.CategoryInfo.Category
        $ours.TargetObject | Should -Be 'no-such-process'
    }

    It 'leaves the next target to be served' {
        $uss = Measure-ProcessUss -Id $missing, $PID -ErrorAction SilentlyContinue -ErrorVariable failed
        $uss.ProcessId | Should -Be $PID
        $failed.Count | Should -Be 1
    }

    It 'of a kernel thread is another one' {
        $thread = Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$' |
            Where-Object { (Get-Content "/proc/$($_.Name)/stat" -ErrorAction Ignore) -replace '^.*\) ' -split ' ' | Select-Object -Index 6 | ForEach-Object { [uint]$_ -band 0x200000 } } |
            Select-Object -First 1
        Skip-Unless $thread KernelThread 'no kernel thread is visible here (a container of its own)'
        $failure = Get-Failure { Get-ProcessPageMap -Id $thread.Name }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ProcessHasNoAddressSpace,*'
        $failure.CategoryInfo.Category | Should -Be 'InvalidOperation'
    }

    It 'of bad input quotes it: <Text>' -ForEach @(
        @{ Text = '0xzz'; Script = { Get-KPageFlags -Pfn 0xzz } }
        @{ Text = '0x9000-0x3000'; Script = { Get-ProcessPageMap -Id $PID -Address 0x9000-0x3000 } }
        @{ Text = 'fancy'; Script = { Measure-KPageFlags -BitSpec fancy } }
        @{ Text = 'FANCY'; Script = { Get-KPageFlags -Flag FANCY } }
    ) {
        $failure = Get-Failure $Script
        $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $failure.Exception.Message | Should -BeLike "*$Text*"
    }

    It 'can be caught, made to stop, and asked for with $?' {
        { Measure-ProcessUss -Id $missing -ErrorAction Stop } | Should -Throw -ErrorId 'NoProcessFoundForGivenId*'
        $null = Measure-ProcessUss -Id $missing 2>&1
        $? | Should -BeFalse
        $null = Measure-ProcessUss -Id $PID
        $? | Should -BeTrue
    }
}

Describe 'Clear-SoftDirty' {
    It 'with -WhatIf says what it would do and does nothing' {
        $text = pwsh -NoProfile -Command "Import-Module '$(Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1")'; Clear-SoftDirty -Id $PID -WhatIf"
        $text | Should -Match "What if: .*soft-dirty.*$PID"
    }

    It 'refuses a kernel that would ignore it' {
        Skip-Unless (-not $hasSoftDirty) NoSoftDirty 'this kernel has CONFIG_MEM_SOFT_DIRTY'
        { Clear-SoftDirty -Id $PID } | Should -Throw -ErrorId 'SoftDirtyNotSupported,*'
        { Get-ProcessPageMap -Id $PID -SoftDirty } | Should -Throw -ErrorId 'SoftDirtyNotSupported,*'
    }

    It 'clears what was written' {
        Skip-Unless $hasSoftDirty SoftDirty 'this kernel is built without CONFIG_MEM_SOFT_DIRTY'
        $sleeper = Start-Process sleep 600 -PassThru
        try {
            @(Get-ProcessPageMap -Id $sleeper.Id -SoftDirty).Count | Should -BeGreaterThan 0
            ($sleeper | Clear-SoftDirty -PassThru).Id | Should -Be $sleeper.Id
            Get-ProcessPageMap -Id $sleeper.Id -SoftDirty | Should -BeNullOrEmpty
        }
        finally { $sleeper | Stop-Process }
    }
}

Describe 'The module' {
    It 'has a valid manifest with the version of the assembly' {
        $manifest = Test-ModuleManifest (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1")
        $assembly = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'PagemapTools' }
        $assembly.GetName().Version.ToString(3) | Should -Be $manifest.Version.ToString()
        (Get-Command -Module PagemapTools).Name | Should -Be ($manifest.ExportedCmdlets.Keys | Sort-Object)
    }

    It 'is the same from the checkout and from the staged copy' {
        $staged = Resolve-Path "$PSScriptRoot/../../out/PagemapTools/PagemapTools.psd1"
        $names = pwsh -NoProfile -Command "Import-Module '$staged'; (Get-Command -Module PagemapTools).Name; (Measure-ProcessUss -Id `$PID).Uss -gt 1MB"
        $names | Should -Be ((Get-Command -Module PagemapTools).Name + 'True')
    }

    It 'is loaded without a warning' {
        pwsh -NoProfile -Command "Import-Module '$(Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1")' 3>&1 4>&1; Remove-Module PagemapTools; Import-Module '$(Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1")' 3>&1" |
            Should -BeNullOrEmpty
    }

    It 'uses approved verbs and singular nouns only' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module PagemapTools).Verb | Should -BeIn $approved
    }
}
