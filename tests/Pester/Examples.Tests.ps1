# Runs every one-liner of README and every example of the help as written, because users type them first.

BeforeDiscovery {
    $root = Resolve-Path "$PSScriptRoot/../.."
    $fence = '(?ms)^```powershell\r?\n(?<code>.*?)^```'

    $readme = Get-Content "$root/README.md" -Raw
    $oneLiners = ($readme -split '(?m)^## ' -match '^One-liners')[0]
    $readmeCases = @([regex]::Matches($oneLiners, $fence) | ForEach-Object { @{ Code = $_.Groups['code'].Value.Trim() } })

    # The output of an example is in a separate fence without a language.
    $helpCases = foreach ($page in Get-ChildItem "$root/en-US/*-*.md") {
        foreach ($example in [regex]::Matches((Get-Content $page -Raw), '(?ms)^### (?<name>Example \d+: [^\r\n]+)(?<body>.*?)(?=^###? )')) {
            $code = [regex]::Matches($example.Groups['body'].Value, $fence) | ForEach-Object { $_.Groups['code'].Value.Trim() }
            # These take page frames out of use: only what says -WhatIf runs. BadFramesTests runs them in a guest.
            if ($page.BaseName -in 'Disable-KPage', 'Enable-KPage' -and "$code" -notmatch '-WhatIf') { continue }
            # An example that samples until Ctrl+C takes two samples here.
            $code = $code -join "`n" -replace '-SampleInterval \d+ -Continuous', '-SampleInterval 0.1 -MaxSamples 2' -replace '-Watch\b|-By Age\b', '$0 -MaxSamples 2'
            @{ Page = $page.BaseName; Name = $example.Groups['name'].Value; Code = $code }
        }
    }
}

BeforeAll {
    Import-Module (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1") -Force
    $script:scratch = Join-Path ([IO.Path]::GetTempPath()) "pagemaptools-examples-$PID"
    $null = New-Item -ItemType Directory $scratch -Force

    # The errors that an example may show: for a missing process or file, and for a kernel or a user without the feature. Pages of a missing
    # process are null.
    $script:shown = 'NoProcessFoundForGivenId', 'NoProcessFoundForGivenName', 'PathNotFound', 'ParameterArgumentValidationError',
        'ProcessHasNoAddressSpace', 'PagemapAccessDenied', 'SoftDirtyNotSupported',
        'KPageAccessDenied', 'KPageNotAvailable', 'ExclusiveAndShared', 'CannotConvertArgument', 'CgroupNotFound', 'PagemapReadFailed', 'FileNotWritten',
        'WorkingSetMethodNotSupported'

    function Invoke-Example([string] $Code) {
        Push-Location $scratch
        $found = [Collections.Generic.List[object]]::new()
        try { & ([scriptblock]::Create($Code)) 2>&1 3>$null | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object { $found.Add($_) } }
        catch { $found.Add($_) }
        finally { Pop-Location }
        $found | Where-Object { $id = $_.FullyQualifiedErrorId; -not ($shown | Where-Object { $id -like "$_*" }) }
    }
}

AfterAll { Remove-Item $scratch -Recurse }

Describe 'README' {
    It 'has ten one-liners or more' { $readmeCases.Count | Should -BeGreaterOrEqual 10 } -TestCases @{ readmeCases = $readmeCases }

    It 'runs: <Code>' -ForEach $readmeCases {
        Invoke-Example $Code | Should -BeNullOrEmpty
    }
}

Describe 'Help' {
    It 'runs <Page>, <Name>' -ForEach $helpCases {
        $Code | Should -Not -BeNullOrEmpty
        Invoke-Example $Code | Should -BeNullOrEmpty
    }
}
