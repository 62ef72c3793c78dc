@{
    ModuleVersion        = '0.1.0'
    RootModule           = 'bin/PagemapTools.dll'
    GUID                 = '6d1b0b5e-3a64-4f0e-9c7d-6f0a1f5f2b6c'
    Author               = 'The PagemapTools authors'
    CompanyName          = 'Community'
    Copyright            = '(c) 2026 The PagemapTools authors. MIT licensed.'
    Description          = 'Shows where the memory of a Linux machine goes: the page frame and state of each page of a process, and whether other processes share it; the use of each page frame; the unique, proportional and resident memory (USS, PSS, RSS) of each process.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('bin/PagemapTools.Format.ps1xml')
    TypesToProcess       = @('bin/PagemapTools.Types.ps1xml')
    CmdletsToExport      = @(
        'Clear-SoftDirty'
        'Compare-ProcessPageMap'
        'Disable-KPage'
        'Enable-KPage'
        'Export-PagemapMetric'
        'Export-PageReport'
        'Export-PageSnapshot'
        'Get-FilePageMap'
        'Get-KPageCgroup'
        'Get-KPageCount'
        'Get-KPageFlags'
        'Get-KPageMapping'
        'Get-ProcessPageMap'
        'Get-SharedMemory'
        'Measure-FileCache'
        'Measure-KPageCgroup'
        'Measure-KPageFlags'
        'Measure-ProcessHugePage'
        'Measure-ProcessSharing'
        'Measure-ProcessUss'
        'Measure-ProcessWorkingSet'
        'Show-KPageMap'
        'Show-ProcessPageMap'
        'Test-PagemapSupport'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('Linux', 'Memory', 'pagemap', 'procfs', 'USS', 'kernel', 'PSEdition_Core')
            ReleaseNotes = 'See CHANGELOG.md'
        }
    }
}
