# docs/fleet.md as it is written, over eight hosts that are namespaces of this machine, each with an sshd and processes of its own.

BeforeAll {
    . "$PSScriptRoot/Require.ps1"
    . "$PSScriptRoot/FleetHost.ps1"
    $script:reason = Get-FleetObstacle
    if ($reason) { return }

    $script:fleet = (New-Item -ItemType Directory "$([IO.Path]::GetTempPath())/pagemaptools-fleet-$PID").FullName
    $module = Resolve-Path "$PSScriptRoot/../../out/PagemapTools"
    Initialize-Fleet $fleet $module
    Set-Content "$fleet/work/hosts.txt" (1..8 | ForEach-Object { "web$_" })
    # web3 lacks the module, web7 is slow, web8 may not read other processes, and web6 is down.
    Set-Content "$fleet/web3.sh" 'PSModulePath='
    Set-Content "$fleet/web7.sh" 'sleep 600'
    Set-Content "$fleet/web8.sh" 'starter="setpriv --bounding-set=-sys_admin,-sys_ptrace,-perfmon --inh-caps=-all"'
    $script:hosts = foreach ($number in 1..8) { [FleetHost]::Start($fleet, $number) }
    $silent = $hosts | Where-Object { -not $_.Answers() }
    if ($silent) { $script:reason = "no sshd answers in a network namespace: $($silent[0].Problem)"; return }
    $hosts[5].Stop()

    # The blocks one after the other. After the first two the other hosts are as good as three.
    $blocks = @([regex]::Matches((Get-Content "$PSScriptRoot/../../docs/fleet.md" -Raw), '(?ms)^```powershell\r?\n(?<code>.*?)^```') | ForEach-Object { $_.Groups['code'].Value })
    Set-Content "$fleet/client.ps1" @(
        '$ErrorActionPreference = "Stop"'
        $blocks[0]
        $blocks[1] -replace 'Remove-Job', 'ConvertTo-Json $problems > problems.json; ConvertTo-Json @($uss | Select-Object PSComputerName, ProcessName, ProcessId, Uss) > uss.json; Remove-Job'
        '$hosts = $hosts[0..2]'
        $blocks[2], $blocks[3], $blocks[4]
    )
    # The client has a home, a /srv and programs of its own, too.
    $script:said = unshare --mount sh -c "mount --bind $fleet/srv /srv && cd $fleet/work && HOME=$fleet/work PSModulePath=$fleet/modules PATH=$fleet/bin:`$PATH exec '$PSHOME/pwsh' -NoProfile -NonInteractive -File $fleet/client.ps1" 2>&1
    $script:status = $LASTEXITCODE
}

AfterAll {
    $hosts | Where-Object { $_ } | ForEach-Object { $_.Stop() }
    if ($fleet) { Remove-Item $fleet -Recurse -Force }
}

Describe 'A fleet over SSH' {
    BeforeEach { Skip-Unless ($null -eq $reason) sshd $reason }

    It 'runs every block of docs/fleet.md' {
        $status | Should -Be 0 -Because "$($said | Out-String)"
    }

    It 'measures the hosts that can be measured, each its own processes' {
        $uss = Get-Content -Raw "$fleet/work/uss.json" | ConvertFrom-Json
        $uss.PSComputerName | Sort-Object -Unique | Should -Be 'web1', 'web2', 'web4', 'web5'
        # The first process of a host is its sshd.
        $uss | Where-Object PSComputerName -EQ web1 | Where-Object ProcessId -EQ 1 | Should -HaveCount 1
        $uss.Uss | ForEach-Object { $_ | Should -BeGreaterThan 100KB }
    }

    It 'says of each other host what is wrong with it' {
        $problems = Get-Content -Raw "$fleet/work/problems.json" | ConvertFrom-Json | Group-Object Host -AsHashTable
        $problems.Keys | Sort-Object | Should -Be 'web3', 'web6', 'web7', 'web8'
        "$($problems.web3.Problem)" | Should -BeLike '*Measure-ProcessUss*not recognized*'
        "$($problems.web6.Problem)" | Should -BeLike '*SSH*'
        "$($problems.web7.Problem)" | Should -BeLike '*tim*'
        "$($problems.web8.Problem)" | Should -BeLike '*CAP_*'
    }

    It 'gets the module from an internal repository, and as a copied folder' {
        foreach ($number in 1, 3) {
            $found = & "$fleet/bin/ssh" "web$number" ls /usr/local/share/powershell/Modules/PagemapTools/*/PagemapTools.psd1
            $found | Should -BeLike '/usr/local/share/powershell/Modules/PagemapTools/*' -Because "web$number has it"
        }
    }

    It 'collects the snapshots of all hosts in one directory' {
        (Get-ChildItem "$fleet/work/dataset/processes").Name | Sort-Object | Should -Be 'host=web1', 'host=web2', 'host=web3'
        Get-ChildItem "$fleet/work/dataset/processes" -Recurse -Filter *.parquet | Should -HaveCount 3
    }
}
