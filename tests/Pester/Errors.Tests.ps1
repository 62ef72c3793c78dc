# Error ids, -WhatIf, warnings and preferences, as a script sees them.

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

Describe 'A cmdlet' {
    It 'reports a missing process id as Get-Process does: <_>' -ForEach 'Get-ProcessPageMap', 'Measure-ProcessUss' {
        $command = $_
        $ours = Get-Failure { & $command -Id $missing }
        $theirs = Get-Failure { Get-Process -Id $missing }
        $ours.FullyQualifiedErrorId.Split(',')[0] | Should -Be $theirs.FullyQualifiedErrorId.Split(',')[0]
        $ours.CategoryInfo.Category | Should -Be $theirs.CategoryInfo.Category
        $ours.TargetObject | Should -Be $missing
    }

    It 'reports a missing process name as Get-Process does' {
        $ours = Get-Failure { Measure-ProcessUss -Name no-such-process }
        $theirs = Get-Failure { Get-Process -Name no-such-process }
        $ours.FullyQualifiedErrorId.Split(',')[0] | Should -Be $theirs.FullyQualifiedErrorId.Split(',')[0]
        $ours.CategoryInfo.Category | Should -Be $theirs.CategoryInfo.Category
        $ours.TargetObject | Should -Be 'no-such-process'
    }

    It 'continues with the next target after an error' {
        $uss = Measure-ProcessUss -Id $missing, $PID -ErrorAction SilentlyContinue -ErrorVariable failed
        $uss.ProcessId | Should -Be $PID
        $failed.Count | Should -Be 1
    }

    It 'reports a kernel thread as a process without address space' {
        $thread = Get-ChildItem /proc -Directory | Where-Object Name -Match '^\d+$' |
            Where-Object { (Get-Content "/proc/$($_.Name)/stat" -ErrorAction Ignore) -replace '^.*\) ' -split ' ' | Select-Object -Index 6 | ForEach-Object { [uint]$_ -band 0x200000 } } |
            Select-Object -First 1
        Skip-Unless $thread KernelThread 'no kernel thread is visible here (a container)'
        $failure = Get-Failure { Get-ProcessPageMap -Id $thread.Name }
        $failure.FullyQualifiedErrorId | Should -BeLike 'ProcessHasNoAddressSpace,*'
        $failure.CategoryInfo.Category | Should -Be 'InvalidOperation'
    }

    It 'quotes invalid input: <Text>' -ForEach @(
        @{ Text = '0xzz'; Category = 'InvalidData'; Script = { Get-KPageFlags -Pfn 0xzz } }
        @{ Text = '0x9000-0x3000'; Category = 'InvalidData'; Script = { Get-ProcessPageMap -Id $PID -Address 0x9000-0x3000 } }
        @{ Text = 'fancy'; Category = 'InvalidData'; Script = { Measure-KPageFlags -BitSpec fancy } }
        @{ Text = 'FANCY'; Category = 'InvalidArgument'; Script = { Get-KPageFlags -Flag FANCY } }
    ) {
        $failure = Get-Failure $Script
        # The engine's category of an argument that a transformation refuses, and of one that it cannot convert itself.
        $failure.CategoryInfo.Category | Should -Be $Category
        $failure.Exception.Message | Should -BeLike "*$Text*"
    }

    It 'refuses PAGEMAPTOOLS_PAGESIZE <_> for the tree of the kernel' -ForEach '65536', '12' {
        $env:PAGEMAPTOOLS_PAGESIZE = $_
        try { $failure = Get-Failure { Measure-ProcessUss -Id $PID } }
        finally { $env:PAGEMAPTOOLS_PAGESIZE = $null }
        $failure.FullyQualifiedErrorId | Should -BeLike 'PageSizeNotUsable,*'
        $failure.Exception.Message | Should -BeLike "*'$_'*"
    }

    It 'honours -ErrorAction Stop and sets $?' {
        { Measure-ProcessUss -Id $missing -ErrorAction Stop } | Should -Throw -ErrorId 'NoProcessFoundForGivenId*'
        $null = Measure-ProcessUss -Id $missing 2>&1
        $? | Should -BeFalse
        $null = Measure-ProcessUss -Id $PID
        $? | Should -BeTrue
    }
}

Describe 'Clear-SoftDirty' {
    It 'describes the clear with -WhatIf' {
        $text = pwsh -NoProfile -Command "Import-Module '$(Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1")'; Clear-SoftDirty -Id $PID -WhatIf"
        $text | Should -Match "What if: .*soft-dirty.*$PID"
    }

    It 'refuses to run on a kernel without soft-dirty bits' {
        Skip-Unless (-not $hasSoftDirty) NoSoftDirty 'this kernel has CONFIG_MEM_SOFT_DIRTY'
        { Clear-SoftDirty -Id $PID } | Should -Throw -ErrorId 'SoftDirtyNotSupported,*'
        { Get-ProcessPageMap -Id $PID -SoftDirty } | Should -Throw -ErrorId 'SoftDirtyNotSupported,*'
    }

    It 'clears the soft-dirty bits' {
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

    It 'has the same cmdlets in the checkout and in the staged copy' {
        $staged = Resolve-Path "$PSScriptRoot/../../out/PagemapTools/PagemapTools.psd1"
        $names = pwsh -NoProfile -Command "Import-Module '$staged'; (Get-Command -Module PagemapTools).Name; (Measure-ProcessUss -Id `$PID).Uss -gt 1MB"
        $names | Should -Be ((Get-Command -Module PagemapTools).Name + 'True')
    }

    It 'loads without a warning' {
        pwsh -NoProfile -Command "Import-Module '$(Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1")' 3>&1 4>&1; Remove-Module PagemapTools; Import-Module '$(Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1")' 3>&1" |
            Should -BeNullOrEmpty
    }

    It 'uses only approved verbs' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module PagemapTools).Verb | Should -BeIn $approved
    }
}
