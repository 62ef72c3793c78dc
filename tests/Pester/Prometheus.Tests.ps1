# The metrics, the units and the alert rules of docs/prometheus, by Prometheus' and systemd's own programs.

BeforeAll {
    . "$PSScriptRoot/Require.ps1"
    Import-Module (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1") -Force
    $script:documents = Resolve-Path "$PSScriptRoot/../../docs/prometheus"
    $script:directory = (New-Item -ItemType Directory "$([IO.Path]::GetTempPath())/pagemaptools-prometheus-$PID").FullName
    $script:file = "$directory/pagemap.prom"
    $script:hasCounts = -not (Test-PagemapSupport | Where-Object { $_.Feature -in 'FrameNumbers', 'KPageCount' -and -not $_.IsSupported })
    $script:promtool = Get-Command promtool -ErrorAction Ignore

    function Get-FreePort {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $listener.LocalEndpoint.Port
        $listener.Stop()
    }

    function Wait-Until([scriptblock] $Condition, [int] $Seconds) {
        $end = [datetime]::UtcNow.AddSeconds($Seconds)
        while (-not ($result = try { & $Condition } catch { $null }) -and [datetime]::UtcNow -lt $end) { Start-Sleep -Milliseconds 300 }
        $result
    }
}

AfterAll { Remove-Item $directory -Recurse }

Describe 'Export-PagemapMetric' {
    BeforeEach {
        Skip-Unless $hasCounts PageFrameNumbers 'page frame numbers and their counts are not visible to this user'
    }

    It 'writes what promtool accepts, without a warning' {
        Skip-Unless $promtool promtool 'promtool is not on PATH'
        Export-PagemapMetric $file -GroupBy Cgroup, Name, User -WarningVariable warnings
        $said = Get-Content -Raw $file | promtool check metrics 2>&1
        $LASTEXITCODE | Should -Be 0
        $said | Should -BeNullOrEmpty
        $warnings | Should -BeNullOrEmpty
    }

    It 'writes the figures of Measure-ProcessUss -GroupBy' {
        # A name that no other process of this machine has.
        $name = "sleep-$PID"
        $program = Join-Path ([IO.Path]::GetTempPath()) $name
        Copy-Item (Get-Command sleep -CommandType Application)[0].Source $program
        $child = Start-Process $program 1000 -PassThru
        try {
            Wait-Until { (Get-Content "/proc/$($child.Id)/stat") -match '\) S ' } 30 | Should -BeTrue
            Export-PagemapMetric $file -GroupBy Name -MaxGroupCount 10000
            $group = Measure-ProcessUss -GroupBy Name -WarningAction Ignore | Where-Object Name -EQ $name
            $lines = Get-Content $file
            $lines | Should -Contain "pagemap_name_processes{name=`"$name`"} 1"
            $lines | Should -Contain "pagemap_name_page_table_bytes{name=`"$name`"} $($group.PageTables)"
        }
        finally { Stop-Process $child; Remove-Item $program }
    }

    It 'has at most the number of groups that it is told, and sums the others' {
        Export-PagemapMetric $file -GroupBy Name -MaxGroupCount 2
        $lines = Get-Content $file
        @($lines -match '^pagemap_name_rss_bytes\{').Count | Should -Be 2
        [long] (($lines -match '^pagemap_name_others_uss_bytes ')[0] -split ' ')[1] | Should -BeGreaterThan 0
    }

    It 'makes a file of the mode 0600 (384), and 0644 (420) with -WorldReadable' {
        Export-PagemapMetric $file
        [int] (Get-Item $file).UnixFileMode | Should -Be 384
        Export-PagemapMetric $file -WorldReadable
        [int] (Get-Item $file).UnixFileMode | Should -Be 420
        Get-ChildItem -Force $directory | Should -HaveCount 1
    }

    It 'leaves a file as it is when it cannot be replaced' {
        Export-PagemapMetric $file
        $before = Get-Content -Raw $file
        $failed = $null
        try { Export-PagemapMetric "$directory/none/pagemap.prom" } catch { $failed = $_ }
        $failed.FullyQualifiedErrorId | Should -BeLike 'FileNotWritten,*'
        $failed | Should -BeLike "*$directory/none/pagemap.prom*"
        Export-PagemapMetric $file -WhatIf
        Get-Content -Raw $file | Should -Be $before
    }

    It 'refuses a name that the collector does not read' {
        { Export-PagemapMetric "$directory/pagemap.txt" } | Should -Throw '*.prom*pagemap.txt*'
    }
}

Describe 'docs/prometheus' {
    It 'has alert rules that promtool accepts, and their tests pass' {
        Skip-Unless $promtool promtool 'promtool is not on PATH'
        promtool check rules "$documents/pagemap-alerts.yml" | Out-Null
        $LASTEXITCODE | Should -Be 0
        promtool test rules "$documents/pagemap-alerts.test.yml" 2>&1 | Out-Null
        $LASTEXITCODE | Should -Be 0
    }

    It 'has units that systemd accepts' {
        Skip-Unless (Get-Command systemd-analyze -ErrorAction Ignore) systemd-analyze 'systemd-analyze is not on PATH'
        Copy-Item "$documents/pagemap-metrics.*" $directory
        # The one line that depends on the machine.
        $service = (Get-Content -Raw "$directory/pagemap-metrics.service").Replace('/usr/bin/pwsh', "$PSHOME/pwsh")
        Set-Content "$directory/pagemap-metrics.service" $service
        $said = systemd-analyze verify --man=no "$directory/pagemap-metrics.service" "$directory/pagemap-metrics.timer" 2>&1 | Where-Object { $_ -match 'pagemap-metrics' }
        $LASTEXITCODE | Should -Be 0
        $said | Should -BeNullOrEmpty
    }

    It 'alerts when a process grows: node_exporter reads the file and Prometheus reads node_exporter' {
        Skip-Unless $hasCounts PageFrameNumbers 'page frame numbers and their counts are not visible to this user'
        Skip-Unless $promtool promtool 'promtool is not on PATH'
        $exporterPort, $port = (Get-FreePort), (Get-FreePort)
        # The rule of the documents with seconds for days.
        $rules = (Get-Content -Raw "$documents/pagemap-alerts.yml").Replace('pagemap_cgroup', 'pagemap_name').Replace('.cgroup', '.name').Replace('offset 1d', 'offset 3s').Replace('for: 30m', 'for: 0s')
        Set-Content "$directory/rules.yml" $rules
        Set-Content "$directory/prometheus.yml" @"
global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
rule_files: [ rules.yml ]
scrape_configs: [ { job_name: node, static_configs: [ { targets: [ '127.0.0.1:$exporterPort' ] } ] } ]
"@
        $grower = "$directory/grower.sh"
        Set-Content $grower '#!/bin/sh', 'x=$(head -c 60000000 /dev/zero | tr "\0" x); read line; y=$(head -c 400000000 /dev/zero | tr "\0" x); read line'
        chmod +x $grower
        $start = [Diagnostics.ProcessStartInfo]@{ FileName = $grower; RedirectStandardInput = $true }
        $processes = @()
        try {
            $processes += $growing = [Diagnostics.Process]::Start($start)
            $processes += Start-Process prometheus-node-exporter "--web.listen-address=127.0.0.1:$exporterPort --collector.disable-defaults --collector.textfile --collector.textfile.directory=$directory" -PassThru -RedirectStandardError "$directory/exporter.log"
            $processes += Start-Process prometheus "--config.file=$directory/prometheus.yml --storage.tsdb.path=$directory/data --web.listen-address=127.0.0.1:$port" -PassThru -RedirectStandardError "$directory/prometheus.log"
            $query = { (Invoke-RestMethod "http://127.0.0.1:$port/api/v1/$args").data }
            $names = { (& $query 'query?query=pagemap_name_uss_bytes').result.metric.name }
            Wait-Until { Export-PagemapMetric $file -GroupBy Name -MaxGroupCount 1000 -WorldReadable; 'grower.sh' -in (& $names) } 60 | Should -BeTrue
            Start-Sleep 4
            (& $query alerts).alerts.labels.name | Should -Not -Contain grower.sh
            $growing.StandardInput.WriteLine()
            $alert = Wait-Until {
                Export-PagemapMetric $file -GroupBy Name -MaxGroupCount 1000 -WorldReadable
                (& $query alerts).alerts | Where-Object { $_.labels.name -eq 'grower.sh' -and $_.state -eq 'firing' }
            } 60
            $alert.labels.alertname | Should -Be CgroupMemoryGrows
            $alert.annotations.summary | Should -BeLike 'grower.sh on 127.0.0.1*'
        }
        finally { $processes | ForEach-Object { $_.Kill() } }
    }
}
