# Remoting over SSH to a host that is a namespace of this machine.

BeforeAll {
    . "$PSScriptRoot/Require.ps1"
    . "$PSScriptRoot/FleetHost.ps1"
    Import-Module (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1") -Force
    $script:session = $null
    $script:reason = Get-FleetObstacle
    if ($reason) { return }

    $script:fleet = (New-Item -ItemType Directory "$([IO.Path]::GetTempPath())/pagemaptools-remoting-$PID").FullName
    Initialize-Fleet $fleet (Resolve-Path "$PSScriptRoot/../../out/PagemapTools")
    $script:web = [FleetHost]::Start($fleet, 1)
    if (-not $web.Answers()) { $script:reason = "no sshd answers in a network namespace: $($web.Problem)"; return }
    $script:path = $env:PATH
    $env:PATH = "$fleet/bin:$path"
    $script:session = New-PSSession -HostName web1 -ErrorAction SilentlyContinue -ErrorVariable failure
    if (-not $session) { $script:reason = "no session over SSH: $failure" }
}

AfterAll {
    if ($session) { Remove-PSSession $session }
    if ($path) { $env:PATH = $path }
    if ($web) { $web.Stop() }
    if ($fleet) { Remove-Item $fleet -Recurse -Force }
}

Describe 'Remoting over SSH' {
    BeforeEach {
        Skip-Unless $session sshd $reason
    }

    It 'returns the figures of a process as numbers' {
        $uss = Invoke-Command -Session $session { Measure-ProcessUss -Id $PID }
        $name = Invoke-Command -Session $session { (Get-Process -Id $PID).Name }
        $uss.Uss | Should -BeOfType long
        $uss.Uss | Should -BeGreaterThan 1MB
        $uss.ProcessName | Should -Be $name
        $uss.Method | Should -Be 'Rollup'
    }

    It 'returns pages with their frames and flags' {
        $page = Invoke-Command -Session $session { Get-ProcessPageMap -Id $PID -Mapping '[heap]' -Include Flags, MapCount | Where-Object { $null -eq $_.Pfn -or $null -ne $_.Flags } | Select-Object -First 1 }
        $page.PSTypeNames | Should -Contain 'Deserialized.PagemapTools.Procfs.Pages.ProcessPageInfo'
        $page.Address | Should -BeOfType ulong
        "$($page.Mapping)" | Should -BeLike '*heap*'
        if ($page.Pfn) { $page.FlagNames | Should -BeLike '*ANON*' }
    }

    It 'shows the same table as a local command' {
        $remote = Invoke-Command -Session $session { Measure-ProcessUss -Id $PID }
        $header = (Measure-ProcessUss -Id $PID | Out-String -Width 100).Trim().Split("`n")[0].Trim()
        $remote | Select-Object -Property * -ExcludeProperty PSComputerName, RunspaceId, PSShowComputerName | Out-Null
        ($remote | Out-String -Width 200) | Should -BeLike "*$($header.Split(' ')[0])*"
    }

    It 'reports an error with its host, and continues with the next process' {
        $found = Invoke-Command -Session $session { Measure-ProcessUss -Id 2147483646, $PID } -ErrorVariable failure -ErrorAction SilentlyContinue
        @($found).Count | Should -Be 1
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'NoProcessFoundForGivenId,*'
        $failure[0].OriginInfo.PSComputerName | Should -Be 'web1'
    }
}
