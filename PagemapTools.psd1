@{
    ModuleVersion        = '0.1.0'
    RootModule           = 'bin/PagemapTools.dll'
    GUID                 = '6d1b0b5e-3a64-4f0e-9c7d-6f0a1f5f2b6c'
    Author               = 'The PagemapTools authors'
    CompanyName          = 'Community'
    Copyright            = '(c) 2026 The PagemapTools authors. MIT licensed.'
    Description          = 'Looks into the memory of a Linux machine: which frame backs each page of a process, in which state, shared with whom; what each frame is used for; how much memory really belongs to a process.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('bin/PagemapTools.Format.ps1xml')
    TypesToProcess       = @('bin/PagemapTools.Types.ps1xml')
    CmdletsToExport      = @(
        'Clear-SoftDirty'
        'Get-KPageCgroup'
        'Get-KPageCount'
        'Get-KPageFlags'
        'Get-ProcessPageMap'
        'Measure-KPageFlags'
        'Measure-ProcessUss'
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
