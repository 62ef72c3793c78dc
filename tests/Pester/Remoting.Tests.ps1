# Remoting over an sshd on loopback, with separate keys and a separate configuration.

BeforeAll {
    $script:manifest = Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1"
    . "$PSScriptRoot/Require.ps1"
    Import-Module $manifest -Force
    $script:sshd = Get-Command sshd, /usr/sbin/sshd -ErrorAction Ignore | Select-Object -First 1
    $script:session = $null
    $script:reason = 'sshd or ssh is not on this machine'
    if ($sshd -and (Get-Command ssh -ErrorAction Ignore)) {
        $script:home22 = Join-Path ([IO.Path]::GetTempPath()) "pagemaptools-ssh-$PID"
        # sshd of root needs /run/sshd, and another user cannot make it.
        $null = New-Item -ItemType Directory -Path ((id -u) -eq 0 ? ($home22, '/run/sshd') : $home22) -Force
        ssh-keygen -q -t ed25519 -N '' -f "$home22/host"
        ssh-keygen -q -t ed25519 -N '' -f "$home22/user"
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $port = $listener.LocalEndpoint.Port
        $listener.Stop()
        Set-Content "$home22/config" @(
            "Port $port"
            'ListenAddress 127.0.0.1'
            "HostKey $home22/host"
            "AuthorizedKeysFile $home22/user.pub"
            'StrictModes no'
            'UsePAM no'
            'PermitRootLogin prohibit-password'
            "PidFile $home22/pid"
            "Subsystem powershell $PSHOME/pwsh -sshs -NoLogo -NoProfile"
        )
        & $sshd.Source -f "$home22/config"
        $options = @{ StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; LogLevel = 'ERROR' }
        foreach ($try in 1..20) {
            $script:session = New-PSSession -HostName 127.0.0.1 -Port $port -UserName ([Environment]::UserName) -KeyFilePath "$home22/user" -Options $options -ErrorAction SilentlyContinue -ErrorVariable failure
            if ($session) { break }
            $script:reason = "no session over sshd on loopback: $failure"
            Start-Sleep -Milliseconds 250
        }
        if ($session) { Invoke-Command -Session $session { Import-Module $using:manifest } }
    }
}

AfterAll {
    if ($session) { Remove-PSSession $session }
    if ($home22) {
        if (Test-Path "$home22/pid") { Stop-Process -Id (Get-Content "$home22/pid") }
        Remove-Item $home22 -Recurse
    }
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
        $uss.Method | Should -Be 'Exclusive'
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
        $failure[0].OriginInfo.PSComputerName | Should -Be '127.0.0.1'
    }
}
